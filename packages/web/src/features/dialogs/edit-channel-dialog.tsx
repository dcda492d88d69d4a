import type { ChannelSummary } from '@parley/client';
import { useState } from 'react';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { ChannelFields } from './channel-fields.tsx';

/** Changes name and topic of a channel. */
export function EditChannelDialog({ info, onClose }: { readonly info: ChannelSummary; readonly onClose: () => void }) {
  const { t } = useWords();
  const channel = useChannel(info.id);
  const [name, setName] = useState(info.channel.name ?? '');
  const [topic, setTopic] = useState(info.channel.topic);
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    await channel.update({ name: name.trim(), topic: topic.trim() });
    onClose();
  });
  return (
    <Dialog title={t('details.edit')} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <ChannelFields name={name} topic={topic} onName={setName} onTopic={setTopic} problems={fieldProblems} />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
