import type { ChatMessage } from '@parley/client';
import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import type { Delivery } from '../message-list/use-delivery.ts';

const ICONS = {
  queued: Clock,
  sending: Clock,
  failed: CircleAlert,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
} as const;

interface MessageStatusProps {
  readonly message: ChatMessage;
  readonly delivery: Delivery | null;
}

/** How far one's own message has got. It leads to who has read it. */
export function MessageStatus({ message, delivery }: MessageStatusProps) {
  const { t } = useWords();
  const { showReaders } = useConversation();
  if (delivery === null) return null;
  const Icon = ICONS[delivery];
  const label = t(`status.${delivery}`);
  if (message.seq === 0) {
    return (
      <span className={`message-status status-${delivery}`} role="img" aria-label={label} data-tip={label}>
        <Icon size={15} aria-hidden="true" />
      </span>
    );
  }
  return (
    <button
      type="button"
      className={`message-status status-${delivery}`}
      aria-label={label}
      data-tip={label}
      data-status={delivery}
      tabIndex={-1}
      onClick={() => showReaders(message)}
    >
      <Icon size={15} aria-hidden="true" />
    </button>
  );
}
