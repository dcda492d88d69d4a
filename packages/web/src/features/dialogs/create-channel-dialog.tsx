import { useId, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, toChannel } from '../../lib/routes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { ChannelFields } from './channel-fields.tsx';

const KINDS = ['public', 'private'] as const;

/** Makes a channel. */
export function CreateChannelDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const [name, setName] = useState('');
  const [topic, setTopic] = useState('');
  const [kind, setKind] = useState<(typeof KINDS)[number]>('public');
  const group = useId();
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    const channel = await client.createChannel({ kind, name: name.trim(), topic: topic.trim() });
    onClose();
    navigate(toChannel(channel.id));
  });
  return (
    <Dialog title={t('channel.create')} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <ChannelFields name={name} topic={topic} onName={setName} onTopic={setTopic} problems={fieldProblems} />
        <fieldset>
          <legend className="field-label">{t('channel.kind')}</legend>
          {KINDS.map((choice) => (
            <label key={choice} className="choice">
              <input type="radio" name={group} checked={kind === choice} onChange={() => setKind(choice)} />
              <span>
                {t(`channel.kind.${choice}`)}
                <small>{t(`details.${choice}`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('channel.createSubmit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
