import type { UserView } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { useMemo, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, toChannel } from '../../lib/routes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { PeopleField } from './people-field.tsx';

/** Opens a direct conversation with one person or several. */
export function NewDirectDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const me = useMe();
  const [chosen, setChosen] = useState<readonly UserView[]>([]);
  const without = useMemo(() => new Set(me === null ? [] : [me.id]), [me]);
  const isTooMany = chosen.length > LIMITS.directMembers - 1;
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const channel = await client.openDirect(chosen.map(({ id }) => id));
    onClose();
    navigate(toChannel(channel.id));
  });
  return (
    <Dialog title={t('direct.new')} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={isTooMany ? t('direct.tooMany', { count: LIMITS.directMembers - 1 }) : problem} />
        <PeopleField label={t('direct.with')} chosen={chosen} onChange={setChosen} without={without} />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={chosen.length === 0 || isTooMany} isBusy={isBusy}>
            {t('direct.open')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
