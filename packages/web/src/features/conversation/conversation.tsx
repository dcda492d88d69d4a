import type { ChatMessage } from '@parley/client';
import type { ChannelId, MessageId } from '@parley/protocol';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { mayIn } from '../../chat/permissions.ts';
import { useChannel, useChannelInfo, useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, toChannel } from '../../lib/routes.ts';
import { Composer } from '../composer/composer.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { MessageList } from '../message-list/message-list.tsx';
import { type Conversation, ConversationContext, EditingContext } from './conversation-context.tsx';
import { ReadersDialog } from './readers-dialog.tsx';
import { TypingLine } from './typing-line.tsx';
import { useNews } from './use-news.ts';
import './conversation.css';

interface ConversationViewProps {
  readonly channelId: ChannelId;
  /** The channel whose members and permissions hold; the same one except for a thread. */
  readonly rootId: ChannelId;
  readonly label: string;
  readonly placeholder: string;
  readonly start: ReactNode;
  readonly targetSeq?: number | null;
  /** Said in the place of the composer when one cannot write here. */
  readonly closedText?: string | null;
}

/** Messages and composer of a channel or thread. Mount it anew for each. */
export function ConversationView(props: ConversationViewProps) {
  const { channelId, rootId, label, placeholder, start, targetSeq = null, closedText = null } = props;
  const { t } = useWords();
  const channel = useChannel(channelId);
  const userId = useMe()?.id ?? null;
  const root = useChannelInfo(rootId);
  const textRef = useRef<HTMLTextAreaElement>(null);
  const [replyTo, setReplyTo] = useState<ChatMessage | null>(null);
  const [editingId, setEditingId] = useState<MessageId | null>(null);
  const [readersOf, setReadersOf] = useState<ChatMessage | null>(null);
  const focusComposer = useCallback(() => textRef.current?.focus(), []);
  const openThread = useOpenThread(channelId);
  const isThread = channelId !== rootId;
  useNews(channelId);

  const conversation = useMemo(
    (): Conversation => ({
      channelId,
      rootId,
      isThread,
      userId,
      may: (action) => mayIn(root, action),
      startReply(message) {
        setReplyTo(message);
        focusComposer();
      },
      startEdit: setEditingId,
      openThread,
      showMessage(seq) {
        void channel.jumpTo({ seq });
        if (!isThread) navigate(toChannel(channelId, undefined, seq));
      },
      showReaders: setReadersOf,
      focusComposer,
    }),
    [channel, channelId, rootId, isThread, userId, root, focusComposer, openThread],
  );
  const editLast = () => {
    const own = channel.messages
      .getSnapshot()
      .items.findLast(
        (message) =>
          message.senderId === userId &&
          message.status !== 'failed' &&
          message.kind === 'text' &&
          message.deletedAt === undefined,
      );
    if (own !== undefined) setEditingId(own.id);
  };
  const mayWrite = mayIn(root, isThread ? 'thread.reply' : 'message.send');
  return (
    <ConversationContext value={conversation}>
      <EditingContext value={editingId}>
        <MessageList label={label} start={start} targetSeq={targetSeq} />
        <div className="conversation-foot">
          {mayWrite ? (
            <Composer
              placeholder={placeholder}
              replyTo={replyTo}
              onReplyDone={() => setReplyTo(null)}
              textRef={textRef}
              onEditLast={editLast}
            />
          ) : (
            <p className="conversation-closed">{closedText ?? t('conversation.readOnly')}</p>
          )}
          <TypingLine channelId={channelId} />
        </div>
      </EditingContext>
      {readersOf !== null && <ReadersDialog message={readersOf} onClose={() => setReadersOf(null)} />}
    </ConversationContext>
  );
}

/** Opens the thread of a message beside the channel, making it with the first reply. */
function useOpenThread(channelId: ChannelId): (message: ChatMessage) => void {
  const channel = useChannel(channelId);
  const attempt = useAttempt();
  return useCallback(
    (message) => {
      const show = (threadId: ChannelId) => navigate(toChannel(channelId, { name: 'thread', threadId }));
      if (message.threadId !== undefined) show(message.threadId);
      else attempt(channel.openThread(message.id).then(({ channel: thread }) => show(thread.id)));
    },
    [attempt, channel, channelId],
  );
}
