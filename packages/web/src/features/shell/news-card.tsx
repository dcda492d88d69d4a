import type { ChannelSummary } from '@parley/client';
import type { UserId } from '@parley/protocol';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { useUser } from '../../chat/use-chat.ts';
import { useSingleMessage } from '../../chat/use-single-message.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, toChannel } from '../../lib/routes.ts';
import { useNow } from '../../lib/use-now.ts';
import { attentionOf } from '../channel-list/sections.ts';
import { plainText } from '../markdown/plain-text.ts';
import '../../ui/card.css';

/** A conversation with something new, and the last word in it. */
export function NewsCard({ info }: { readonly info: ChannelSummary }) {
  const { t, format } = useWords();
  const { title } = useChannelTitle(info);
  const now = useNow();
  const last = useSingleMessage(info.id, info.channel.lastSeq);
  const { level, count } = attentionOf(info);
  return (
    <li>
      <a className="card news-card" href={hrefOf(toChannel(info.id))}>
        <span className="card-head">
          <strong>
            <bdi>{info.channel.kind === 'direct' ? title : `#${title}`}</bdi>
          </strong>
          {count > 0 && (
            <span className={`badge badge-${level}`}>
              <span aria-hidden="true">{format.number(count)}</span>
              <span className="hidden-text">
                {level === 'mention' && info.channel.kind !== 'direct'
                  ? t('list.mentions', { count })
                  : t('list.unread', { count })}
              </span>
            </span>
          )}
        </span>
        <span className="card-text">
          {last === null ? (
            '…'
          ) : (
            <>
              <LastAuthor userId={last.senderId} />
              {last.deletedAt === undefined ? plainText(last.body, 140) || t('message.file') : t('message.deleted')}
            </>
          )}
        </span>
        {last !== null && <span className="news-when">{format.ago(last.createdAt, now)}</span>}
      </a>
    </li>
  );
}

function LastAuthor({ userId }: { readonly userId: UserId }) {
  return <b>{useUser(userId)?.displayName ?? '…'}: </b>;
}
