import type { ChannelSummary } from '@parley/client';
import type { UserId } from '@parley/protocol';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { useUser } from '../../chat/use-chat.ts';
import { useSingleMessage } from '../../chat/use-single-message.ts';
import { useUnreadMentions } from '../../chat/use-unread-mentions.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, toChannel } from '../../lib/routes.ts';
import { useNow } from '../../lib/use-now.ts';
import { attentionOf } from '../channel-list/sections.ts';
import { plainText } from '../markdown/plain-text.ts';
import '../../ui/card.css';

/** A conversation with something new, and why: the first message that mentions its reader, else the last word in it. */
export function NewsCard({ info }: { readonly info: ChannelSummary }) {
  const { t, format } = useWords();
  const { title } = useChannelTitle(info);
  const now = useNow();
  const last = useSingleMessage(info.id, info.channel.lastSeq);
  const [mention] = useUnreadMentions(info);
  const { level, count } = attentionOf(info);
  const shown = mention ?? last;
  return (
    <li>
      <a className="card news-card" href={hrefOf(toChannel(info.id, undefined, mention?.seq))}>
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
          {shown === null ? (
            '…'
          ) : (
            <>
              <Author userId={shown.senderId} />
              {shown.deletedAt === undefined ? plainText(shown.body, 140) || t('message.file') : t('message.deleted')}
            </>
          )}
        </span>
        {shown !== null && (
          <span className="news-when">
            {mention !== undefined && <em>{t('home.mentioned')}</em>}
            {format.ago(shown.createdAt, now)}
          </span>
        )}
      </a>
    </li>
  );
}

function Author({ userId }: { readonly userId: UserId }) {
  return <b>{useUser(userId)?.displayName ?? '…'}: </b>;
}
