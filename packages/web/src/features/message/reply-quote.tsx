import type { ChatMessage } from '@parley/client';
import type { MessageView } from '@parley/protocol';
import { CornerUpLeft } from 'lucide-react';
import { useMemo } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { singleMessage } from '../../chat/single-messages.ts';
import { useUser } from '../../chat/use-chat.ts';
import { rich, useWords } from '../../i18n/use-words.ts';
import { createStore } from '../../lib/store.ts';
import { useStore } from '../../lib/use-store.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { plainText } from '../markdown/plain-text.ts';

interface ReplyQuoteProps {
  readonly seq: number;
  /** The quoted message when it is loaded already. */
  readonly quoted: ChatMessage | null;
}

/** One line of the message that is answered; it leads there. */
export function ReplyQuote({ seq, quoted }: ReplyQuoteProps) {
  const client = useClient();
  const { channelId, showMessage } = useConversation();
  const store = useMemo(
    () => (quoted === null ? singleMessage(client, channelId, seq) : createStore<MessageView | 'gone' | null>(quoted)),
    [client, channelId, seq, quoted],
  );
  const found = useStore(store);
  return (
    <button type="button" className="reply-quote" onClick={() => showMessage(seq)}>
      <CornerUpLeft size={14} aria-hidden="true" />
      <QuotedLine found={found} />
    </button>
  );
}

function QuotedLine({ found }: { readonly found: MessageView | 'gone' | null }) {
  const { t } = useWords();
  if (found === null) return <span>{t('common.loading')}</span>;
  if (found === 'gone' || found.deletedAt !== undefined) return <span>{t('message.deleted')}</span>;
  return <QuotedMessage message={found} />;
}

/** Author and text of a message in one line. */
export function QuotedMessage({ message }: { readonly message: MessageView }) {
  const words = useWords();
  const author = useUser(message.senderId);
  const text = plainText(message.body, 160);
  return (
    <span className="quoted">
      {rich(words, 'message.quoted', {
        name: <strong key="name">{author?.displayName ?? '…'}</strong>,
        text: <span key="text">{text === '' ? words.t('message.file') : text}</span>,
      })}
    </span>
  );
}
