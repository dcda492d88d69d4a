import type { ChannelSummary } from '@parley/client';
import type { ChannelId } from '@parley/protocol';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { useChannelInfo, useConnection } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import type { Pane } from '../../lib/routes.ts';
import { Avatar, ChannelSign } from '../../ui/avatar.tsx';
import { EmptyView } from '../shell/empty-view.tsx';
import { ChannelHeader } from './channel-header.tsx';
import { ConversationView } from './conversation.tsx';

interface ChannelViewProps {
  readonly channelId: ChannelId;
  readonly pane: Pane;
  readonly targetSeq: number | null;
}

/** One channel or direct conversation, whole. */
export function ChannelView({ channelId, pane, targetSeq }: ChannelViewProps) {
  const info = useChannelInfo(channelId);
  const { t } = useWords();
  const isSettled = useConnection().current === 'online';
  if (info === null)
    return isSettled ? <EmptyView title={t('channel.goneTitle')} text={t('channel.gone')} /> : <EmptyView />;
  return <KnownChannel key={channelId} info={info} pane={pane} targetSeq={targetSeq} />;
}

interface KnownChannelProps {
  readonly info: ChannelSummary;
  readonly pane: Pane;
  readonly targetSeq: number | null;
}

function KnownChannel({ info, pane, targetSeq }: KnownChannelProps) {
  const { t } = useWords();
  const { title } = useChannelTitle(info);
  const isDirect = info.channel.kind === 'direct';
  return (
    <>
      <ChannelHeader info={info} pane={pane} />
      <ConversationView
        channelId={info.id}
        rootId={info.id}
        label={t(isDirect ? 'conversation.labelDirect' : 'conversation.label', { name: title })}
        placeholder={t(isDirect ? 'composer.placeholderDirect' : 'composer.placeholder', { name: title })}
        start={<ChannelStart info={info} />}
        targetSeq={targetSeq}
        closedText={info.channel.archivedAt === null ? null : t('conversation.archived')}
      />
    </>
  );
}

/** What stands above the very first message. */
function ChannelStart({ info }: { readonly info: ChannelSummary }) {
  const { t } = useWords();
  const { title, people } = useChannelTitle(info);
  const { kind, topic } = info.channel;
  return (
    <div className="channel-start">
      {kind === 'direct' ? (
        <span className="channel-start-people">
          {people.slice(0, 4).map((person) => (
            <Avatar key={person.id} id={person.id} name={person.displayName} isBot={person.kind === 'bot'} size="l" />
          ))}
        </span>
      ) : (
        <span className="channel-start-sign">
          <ChannelSign kind={kind === 'public' ? 'public' : 'private'} size={24} />
        </span>
      )}
      <h2>
        <bdi>{title}</bdi>
      </h2>
      <p>{kind === 'direct' ? t('channel.startDirect', { name: title }) : t('channel.start', { name: title })}</p>
      {topic !== '' && <p>{topic}</p>}
    </div>
  );
}
