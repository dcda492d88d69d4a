import type { ChannelSummary } from '@parley/client';
import { useState } from 'react';
import { mayIn } from '../../chat/permissions.ts';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { ChannelFields } from './channel-fields.tsx';
import { WritersField, withWriters, writersOf } from './writers-field.tsx';

/** Changes what a channel is called and is about, how many it holds and who writes in it. */
export function EditChannelDialog({ info, onClose }: { readonly info: ChannelSummary; readonly onClose: () => void }) {
  const { t } = useWords();
  const channel = useChannel(info.id);
  const [name, setName] = useState(info.channel.name ?? '');
  const [topic, setTopic] = useState(info.channel.topic);
  const { permissions, maxMembers } = info.channel;
  const [writers, setWriters] = useState(writersOf(permissions));
  const [most, setMost] = useState(maxMembers === null ? '' : `${maxMembers}`);
  const mayRule = mayIn(info, 'channel.permissions');
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    const change = { name: name.trim(), topic: topic.trim(), maxMembers: most === '' ? null : Number(most) };
    const isRuled = mayRule && writers !== null && writers !== writersOf(permissions);
    await channel.update(isRuled ? { ...change, permissions: withWriters(permissions, writers) } : change);
    onClose();
  });
  return (
    <Dialog title={t('details.edit')} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <ChannelFields name={name} topic={topic} onName={setName} onTopic={setTopic} problems={fieldProblems} />
        {mayRule && <WritersField value={writers} onChange={setWriters} />}
        <TextField
          label={t('channel.most')}
          hint={t('channel.mostHint')}
          type="number"
          min={info.channel.memberCount}
          max={1_000_000}
          value={most}
          onChange={(event) => setMost(event.target.value)}
          error={fieldProblems.maxMembers}
        />
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
