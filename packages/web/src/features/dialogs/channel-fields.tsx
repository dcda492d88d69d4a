import { LIMITS } from '@parley/protocol/constants';
import { useWords } from '../../i18n/use-words.ts';
import { TextField } from '../../ui/text-field.tsx';

interface ChannelFieldsProps {
  readonly name: string;
  readonly topic: string;
  readonly onName: (name: string) => void;
  readonly onTopic: (topic: string) => void;
  readonly problems: Readonly<Record<string, string>>;
}

/** Name and topic of a channel. */
export function ChannelFields({ name, topic, onName, onTopic, problems }: ChannelFieldsProps) {
  const { t } = useWords();
  return (
    <>
      <TextField
        label={t('channel.name')}
        value={name}
        onChange={(event) => onName(event.target.value)}
        error={problems.name}
        before={<span aria-hidden="true">#</span>}
        maxLength={LIMITS.nameCodePoints}
        autoComplete="off"
        required
      />
      <TextField
        label={t('channel.topic')}
        hint={t('channel.topicHint')}
        value={topic}
        onChange={(event) => onTopic(event.target.value)}
        error={problems.topic}
        maxLength={LIMITS.topicCodePoints}
        autoComplete="off"
      />
    </>
  );
}
