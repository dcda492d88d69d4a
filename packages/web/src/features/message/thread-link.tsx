import type { ChatMessage } from '@parley/client';
import type { ChannelId } from '@parley/protocol';
import { MessagesSquare } from 'lucide-react';
import { useClient } from '../../chat/chat-provider.tsx';
import { threadFacts } from '../../chat/thread-facts.ts';
import { useChannelInfo } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useNow } from '../../lib/use-now.ts';
import { useStore } from '../../lib/use-store.ts';
import { useConversation } from '../conversation/conversation-context.tsx';

/** That a message has a thread, and what is new in it. */
export function ThreadLink({ message }: { readonly message: ChatMessage }) {
  if (message.threadId === undefined) return null;
  return <KnownThreadLink message={message} threadId={message.threadId} />;
}

function KnownThreadLink({ message, threadId }: { readonly message: ChatMessage; readonly threadId: ChannelId }) {
  const { t, format } = useWords();
  const client = useClient();
  const { openThread } = useConversation();
  const facts = useStore(threadFacts(client, threadId));
  const unread = useChannelInfo(threadId)?.unread ?? 0;
  const now = useNow();
  return (
    <button type="button" className="thread-link" onClick={() => openThread(message)}>
      <MessagesSquare size={15} aria-hidden="true" />
      <strong>{facts === null ? t('thread.title') : t('thread.replies', { count: facts.replies })}</strong>
      {facts?.lastReplyAt != null && (
        <span className="thread-last">{t('thread.lastReply', { when: format.ago(facts.lastReplyAt, now) })}</span>
      )}
      {unread > 0 && <span className="badge badge-unread">{t('thread.unread', { count: unread })}</span>}
    </button>
  );
}
