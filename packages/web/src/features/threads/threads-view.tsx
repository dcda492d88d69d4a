import type { ChannelSummary } from '@parley/client';
import { useMemo } from 'react';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { useChannels, useThreads, useUser } from '../../chat/use-chat.ts';
import { useSingleMessage } from '../../chat/use-single-message.ts';
import { useUnreadMentions } from '../../chat/use-unread-mentions.ts';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { hrefOf, toChannel } from '../../lib/routes.ts';
import { useNow } from '../../lib/use-now.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { plainText } from '../markdown/plain-text.ts';
import { EmptyView } from '../shell/empty-view.tsx';
import '../../ui/card.css';
import './threads-view.css';

/** The threads that one follows, the last one moved first. */
export function ThreadsView() {
  const { t } = useWords();
  const threads = useThreads();
  const channels = useChannels();
  const rows = useMemo(() => {
    const roots = new Map(channels.map((info) => [info.id, info]));
    return threads
      .flatMap((thread) => {
        const root = thread.channel.rootId === null ? undefined : roots.get(thread.channel.rootId);
        return root === undefined ? [] : { thread, root };
      })
      .sort(
        (a, b) => Number(b.thread.unread > 0) - Number(a.thread.unread > 0) || movedAt(b.thread) - movedAt(a.thread),
      );
  }, [threads, channels]);
  if (rows.length === 0) return <EmptyView title={t('threads.noneTitle')} text={t('threads.none')} />;
  return (
    <>
      <PageHead title={t('threads.title')} />
      <ul className="threads">
        {rows.map(({ thread, root }) => (
          <ThreadRow key={thread.id} thread={thread} root={root} />
        ))}
      </ul>
    </>
  );
}

function ThreadRow({ thread, root }: { readonly thread: ChannelSummary; readonly root: ChannelSummary }) {
  const { t, format } = useWords();
  const now = useNow();
  const { title } = useChannelTitle(root);
  const begun = useSingleMessage(root.id, thread.channel.rootSeq);
  const [mention] = useUnreadMentions(thread);
  const message = mention ?? begun;
  return (
    <li>
      <a
        className={classNames('card', thread.unread > 0 && 'card-new')}
        href={hrefOf(toChannel(root.id, { name: 'thread', threadId: thread.id }))}
      >
        <span className="card-head">
          <span>{root.channel.kind === 'direct' ? title : `#${title}`}</span>
          <time dateTime={new Date(movedAt(thread)).toISOString()}>{format.ago(movedAt(thread), now)}</time>
        </span>
        <span className="card-text">
          {message !== null && <Author userId={message.senderId} />}
          {message === null ? '…' : plainText(message.body) || t('message.file')}
        </span>
        <span className="card-foot">
          {t('thread.replies', { count: thread.channel.lastSeq })}
          {mention !== undefined && <em>{t('home.mentioned')}</em>}
          {thread.unread > 0 && (
            <span className="badge badge-unread">{t('thread.unread', { count: thread.unread })}</span>
          )}
        </span>
      </a>
    </li>
  );
}

function Author({ userId }: { readonly userId: Parameters<typeof useUser>[0] }) {
  return <strong>{useUser(userId)?.displayName ?? '…'}: </strong>;
}

function movedAt({ lastMessage, channel }: ChannelSummary): number {
  return lastMessage?.createdAt ?? channel.createdAt;
}
