import type { ChannelSummary } from '@parley/client';
import type { UserView } from '@parley/protocol';
import { useMemo, useState } from 'react';
import { useChannel, useMembers } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notices.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { PeopleField } from './people-field.tsx';

/** Adds people of the server to a channel. */
export function AddMembersDialog({ info, onClose }: { readonly info: ChannelSummary; readonly onClose: () => void }) {
  const { t } = useWords();
  const channel = useChannel(info.id);
  const { members } = useMembers(info.id);
  const [chosen, setChosen] = useState<readonly UserView[]>([]);
  const without = useMemo(() => new Set(members.map(({ userId }) => userId)), [members]);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    await channel.invite(chosen.map(({ id }) => id));
    notify(t('members.added', { count: chosen.length }));
    onClose();
  });
  return (
    <Dialog title={t('members.addTo', { name: info.channel.name ?? '' })} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <PeopleField label={t('people.label')} chosen={chosen} onChange={setChosen} without={without} />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={chosen.length === 0} isBusy={isBusy}>
            {t('members.add')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
