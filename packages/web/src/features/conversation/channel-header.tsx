import type { ChannelSummary } from '@parley/client';
import { Info, Pin, Search, Users } from 'lucide-react';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { usePresence } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { NO_PANE, navigate, type Pane, toChannel } from '../../lib/routes.ts';
import { useNow } from '../../lib/use-now.ts';
import { ChannelSign } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/button.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { JumpButton } from '../jump/jump-to-date.tsx';
import { PresenceAvatar } from '../presence/presence-avatar.tsx';
import { withFilter } from '../search/search-text.ts';
import './channel-header.css';

/** What the conversation is, and what lies beside it. */
export function ChannelHeader({ info, pane }: { readonly info: ChannelSummary; readonly pane: Pane }) {
  const { t, format } = useWords();
  const { title, people } = useChannelTitle(info);
  const { kind, memberCount, topic } = info.channel;
  const toggle = (name: 'details' | 'members' | 'pins') => () =>
    navigate(toChannel(info.id, pane.name === name ? NO_PANE : { name }));
  const [person] = people;
  return (
    <PageHead
      sign={
        person !== undefined && people.length === 1 ? (
          <PresenceAvatar user={person} size="s" />
        ) : kind === 'direct' ? (
          <Users size={18} aria-hidden="true" />
        ) : (
          <ChannelSign kind={kind === 'public' ? 'public' : 'private'} size={18} />
        )
      }
      title={<bdi>{title}</bdi>}
      subtitle={
        kind !== 'direct' ? (
          <p className="channel-topic">{topic}</p>
        ) : (
          person !== undefined && people.length === 1 && <PersonLine userId={person.id} />
        )
      }
    >
      <span className="header-wide">
        {kind !== 'direct' && (
          <IconButton
            icon={Search}
            label={t('search.here')}
            keys="Ctrl+Shift+F"
            onClick={() => navigate({ name: 'search', query: withFilter('', 'in', title) })}
          />
        )}
        <JumpButton channelId={info.id} />
      </span>
      {kind !== 'direct' && (
        <button
          type="button"
          className="member-count"
          aria-pressed={pane.name === 'members'}
          aria-label={t('channel.members', { count: memberCount })}
          data-tip={t('channel.members', { count: memberCount })}
          onClick={toggle('members')}
        >
          <Users size={16} aria-hidden="true" />
          {format.number(memberCount)}
        </button>
      )}
      <IconButton icon={Pin} label={t('pins.title')} aria-pressed={pane.name === 'pins'} onClick={toggle('pins')} />
      <IconButton
        icon={Info}
        label={t('details.title')}
        aria-pressed={pane.name === 'details'}
        onClick={toggle('details')}
      />
    </PageHead>
  );
}

function PersonLine({ userId }: { readonly userId: Parameters<typeof usePresence>[0] }) {
  const { t, format } = useWords();
  const presence = usePresence(userId);
  const now = useNow();
  if (presence === null) return <p className="channel-topic" />;
  const { status, lastSeen, statusText = '', statusEmoji = '', doNotDisturb } = presence;
  const where =
    status === 'offline' && lastSeen !== null
      ? t('presence.lastSeen', { when: format.ago(lastSeen, now) })
      : t(doNotDisturb ? 'presence.dnd' : `presence.${status}`);
  const own = `${statusEmoji} ${statusText}`.trim();
  return <p className="channel-topic">{own === '' ? where : `${where} · ${own}`}</p>;
}
