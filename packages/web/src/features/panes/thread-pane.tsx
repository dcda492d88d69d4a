import type { ChannelSummary } from '@parley/client';
import type { ChannelId, MessageView } from '@parley/protocol';
import { Bell, BellOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { useClient } from '../../chat/chat-provider.tsx';
import { useChannel, useChannelInfo, useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useNow } from '../../lib/use-now.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/button.tsx';
import { ConversationView } from '../conversation/conversation.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { MessageFiles } from './message-files.tsx';
import { PaneFrame } from './pane.tsx';

export interface ThreadPaneProps {
  readonly info: ChannelSummary;
  readonly threadId: ChannelId;
  readonly onClose: () => void;
}

/** A thread: the message it hangs on, and its replies. */
export function ThreadPane({ info, threadId, onClose }: ThreadPaneProps) {
  const { t } = useWords();
  const { title } = useChannelTitle(info);
  const thread = useChannelInfo(threadId);
  const isFollowed = thread !== null && thread.membership !== null;
  const channel = useChannel(threadId);
  const attempt = useAttempt();
  const root = useThreadRoot(info.id, threadId);
  return (
    <PaneFrame
      title={t('thread.title')}
      subtitle={info.channel.kind === 'direct' ? title : `#${title}`}
      onClose={onClose}
      actions={
        <IconButton
          icon={isFollowed ? Bell : BellOff}
          label={isFollowed ? t('thread.unfollow') : t('thread.follow')}
          aria-pressed={isFollowed}
          onClick={() => attempt(channel.follow(!isFollowed))}
        />
      }
    >
      <ConversationView
        key={threadId}
        channelId={threadId}
        rootId={info.id}
        label={t('thread.label')}
        placeholder={t('thread.placeholder')}
        start={<ThreadStart root={root} />}
      />
    </PaneFrame>
  );
}

function ThreadStart({ root }: { readonly root: MessageView | null }) {
  const { t, format } = useWords();
  const now = useNow();
  if (root === null) return <div className="thread-root" />;
  return (
    <div className="thread-root">
      <article className="message message-head" aria-label={t('thread.rootLabel')}>
        <ThreadAuthor root={root} />
        <div className="message-main">
          <header className="message-header">
            <AuthorName root={root} />
            <time className="message-time" dateTime={new Date(root.createdAt).toISOString()}>
              {format.day(root.createdAt, now)}, {format.time(root.createdAt)}
            </time>
          </header>
          {root.deletedAt === undefined ? (
            <>
              {root.body !== '' && <Markdown body={root.body} />}
              <MessageFiles message={root} />
            </>
          ) : (
            <p className="message-deleted">{t('message.deleted')}</p>
          )}
        </div>
      </article>
    </div>
  );
}

function ThreadAuthor({ root }: { readonly root: MessageView }) {
  const author = useUser(root.senderId);
  return (
    <div className="message-side">
      <Avatar id={root.senderId} name={author?.displayName ?? '…'} isBot={author?.kind === 'bot'} />
    </div>
  );
}

function AuthorName({ root }: { readonly root: MessageView }) {
  return <bdi className="message-author">{useUser(root.senderId)?.displayName ?? '…'}</bdi>;
}

/** The message that a thread hangs on: from what is loaded, else asked for, and followed through its changes. */
function useThreadRoot(rootId: ChannelId, threadId: ChannelId): MessageView | null {
  const client = useClient();
  const [root, setRoot] = useState<MessageView | null>(() => {
    const { items } = client.channel(rootId).messages.getSnapshot();
    return items.find((message) => message.threadId === threadId) ?? null;
  });
  useEffect(() => {
    let isCurrent = true;
    void findRoot(client, rootId, threadId).then((message) => {
      if (isCurrent && message !== null) setRoot(message);
    });
    const stop = client.on('messageChanged', ({ message }) => {
      if (message.threadId === threadId) setRoot(message);
    });
    return () => {
      isCurrent = false;
      stop();
    };
  }, [client, rootId, threadId]);
  return root;
}

async function findRoot(
  client: ReturnType<typeof useClient>,
  channelId: ChannelId,
  threadId: ChannelId,
): Promise<MessageView | null> {
  try {
    const { channel } = await client.call('channel.get', { channelId: threadId });
    if (channel.rootSeq === null) return null;
    const { messages } = await client.call('message.history', { channelId, before: channel.rootSeq + 1, limit: 1 });
    return messages[0] ?? null;
  } catch {
    // The replies say what it was about.
    return null;
  }
}
