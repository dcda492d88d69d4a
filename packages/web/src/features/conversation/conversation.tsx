import type { ChatMessage } from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { type KeyboardEvent, type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { mayIn } from '../../chat/permissions.ts';
import { useChannel, useChannelInfo, useFlag, useMe, useMessagesNow } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { navigate, repeats, toChannel } from '../../lib/routes.ts';
import { notify } from '../../ui/notices.tsx';
import { Composer } from '../composer/composer.tsx';
import { DropZone } from '../files/drop-zone.tsx';
import { uploadsOf } from '../files/uploads.ts';
import { ReadersDialog } from '../message/lazy-dialogs.ts';
import { useAttempt } from '../message/use-message-actions.ts';
import { MessageList } from '../message-list/message-list.tsx';
import { type Conversation, ConversationContext, EditingContext } from './conversation-context.tsx';
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
  const userId = useMe()?.id ?? null;
  const root = useChannelInfo(rootId);
  const textRef = useRef<HTMLTextAreaElement>(null);
  const client = useClient();
  // A message that still waits for its files answers what it was written to.
  const [replyTo, setReplyTo] = useState(() => uploadsOf(client, channelId).held.getSnapshot()?.replyTo() ?? null);
  const [editingId, setEditingId] = useState<MessageId | null>(null);
  const [shownSeq, setShownSeq] = useState<number | null>(null);
  const [readersOf, setReadersOf] = useState<ChatMessage | null>(null);
  const focusComposer = useCallback(() => textRef.current?.focus(), []);
  const openThread = useOpenThread(channelId);
  const isThread = channelId !== rootId;
  const messagesNow = useMessagesNow(channelId);
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
        if (!isThread) return navigate(toChannel(channelId, undefined, seq));
        // A thread has no address for each of its messages.
        setShownSeq(seq);
        repeats.update((count) => count + 1);
      },
      showReaders: setReadersOf,
      focusComposer,
    }),
    [channelId, rootId, isThread, userId, root, focusComposer, openThread],
  );
  const editLast = () => {
    const own = lastOwn(messagesNow(), userId);
    if (own !== undefined) setEditingId(own.id);
  };
  // In a thread the same key would close the pane as well.
  const keepCancel = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && event.target === textRef.current && replyTo !== null) event.preventDefault();
  };
  const areFilesOn = useFlag('uploads') !== false;
  const takeFiles = useTakeFiles(channelId, focusComposer);
  const mayWrite = mayIn(root, isThread ? 'thread.reply' : 'message.send');
  const onFiles = mayWrite && areFilesOn && mayIn(root, 'message.attach') ? takeFiles : null;
  return (
    <ConversationContext value={conversation}>
      <EditingContext value={editingId}>
        <DropZone className="conversation" onFiles={onFiles}>
          <MessageList label={label} start={start} targetSeq={isThread ? shownSeq : targetSeq} />
          {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps a key of the composer from what is around. */}
          <div className="conversation-foot" onKeyDown={keepCancel}>
            {mayWrite ? (
              <Composer
                placeholder={placeholder}
                replyTo={replyTo}
                onReplyDone={() => setReplyTo(null)}
                textRef={textRef}
                onEditLast={editLast}
                onFiles={onFiles}
              />
            ) : (
              <p className="conversation-closed">{closedText ?? t('conversation.readOnly')}</p>
            )}
            <TypingLine channelId={channelId} />
          </div>
        </DropZone>
      </EditingContext>
      <Suspense fallback={null}>
        {readersOf !== null && <ReadersDialog message={readersOf} onClose={() => setReadersOf(null)} />}
      </Suspense>
    </ConversationContext>
  );
}

/** The last message that one can change. */
function lastOwn(messages: readonly ChatMessage[], userId: UserId | null): ChatMessage | undefined {
  return messages.findLast(
    ({ senderId, status, kind, deletedAt }) =>
      senderId === userId && status !== 'failed' && kind === 'text' && deletedAt === undefined,
  );
}

/** Begins to upload files for the next message, and says so when they are too many. */
function useTakeFiles(channelId: ChannelId, onTaken: () => void): (files: readonly File[]) => void {
  const { t } = useWords();
  const client = useClient();
  return useCallback(
    (files) => {
      const rest = uploadsOf(client, channelId).add(files);
      if (rest > 0) notify(t('files.tooMany', { count: LIMITS.attachmentsPerMessage }), 'problem');
      onTaken();
    },
    [client, channelId, onTaken, t],
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
