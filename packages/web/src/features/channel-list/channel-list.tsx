import type { ChannelSummary } from '@parley/client';
import type { ChannelId } from '@parley/protocol';
import { CircleAlert, MessagesSquare, Plus, Search, TextSearch, Users } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useChannelTitle } from '../../chat/channel-title.ts';
import { useChannels, useThreads } from '../../chat/use-chat.ts';
import { useOutbox } from '../../chat/use-outbox.ts';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { hrefOf, type Route, toChannel } from '../../lib/routes.ts';
import { ChannelSign } from '../../ui/avatar.tsx';
import { IconButton } from '../../ui/button.tsx';
import { PresenceAvatar } from '../presence/presence-avatar.tsx';
import { attentionOf, makeSections } from './sections.ts';
import './channel-list.css';

interface ChannelListProps {
  readonly route: Route;
  readonly onBrowse: () => void;
  readonly onNewDirect: () => void;
  readonly onSwitch: () => void;
}

/** The user's conversations, with what is unread in each. */
export function ChannelList({ route, onBrowse, onNewDirect, onSwitch }: ChannelListProps) {
  const { t, language } = useWords();
  const all = useChannels();
  const { channels, directs } = useMemo(() => makeSections(all, new Intl.Collator(language)), [all, language]);
  const openId = route.name === 'channel' ? route.channelId : null;
  return (
    <nav className="channel-list" aria-label={t('shell.conversations')}>
      <button type="button" className="switch-button" onClick={onSwitch}>
        <Search size={16} aria-hidden="true" />
        <span className="switch-label">{t('switcher.open')}</span>
        <span className="switch-keys" aria-hidden="true">
          {t('switcher.keys')}
        </span>
      </button>
      <a
        className="channel-link"
        href={hrefOf({ name: 'search', query: '' })}
        aria-current={route.name === 'search' ? 'page' : undefined}
      >
        <TextSearch size={16} aria-hidden="true" />
        <span className="channel-link-name">{t('search.title')}</span>
      </a>
      <ThreadsLink isOpen={route.name === 'threads'} />
      <Section
        title={t('list.channels')}
        action={<IconButton icon={Plus} label={t('browse.title')} size="small" onClick={onBrowse} />}
      >
        {channels.map((info) => (
          <ChannelLink key={info.id} info={info} openId={openId} />
        ))}
      </Section>
      <Section
        title={t('list.directs')}
        action={<IconButton icon={Plus} label={t('direct.new')} size="small" onClick={onNewDirect} />}
      >
        {directs.map((info) => (
          <ChannelLink key={info.id} info={info} openId={openId} />
        ))}
      </Section>
    </nav>
  );
}

function ThreadsLink({ isOpen }: { readonly isOpen: boolean }) {
  const { t } = useWords();
  const unread = useThreads().filter((thread) => thread.unread > 0).length;
  return (
    <a
      className={classNames('channel-link', unread > 0 && 'channel-link-unread')}
      href={hrefOf({ name: 'threads' })}
      aria-current={isOpen ? 'page' : undefined}
    >
      <MessagesSquare size={16} aria-hidden="true" />
      <span className="channel-link-name">{t('threads.title')}</span>
      {unread > 0 && (
        <span className="badge badge-unread">
          {unread}
          <span className="hidden-text">{t('threads.unread')}</span>
        </span>
      )}
    </a>
  );
}

interface SectionProps {
  readonly title: string;
  readonly action: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, action, children }: SectionProps) {
  return (
    <section className="channel-section" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {action}
      </header>
      <ul>{children}</ul>
    </section>
  );
}

function ChannelLink({ info, openId }: { readonly info: ChannelSummary; readonly openId: ChannelId | null }) {
  const { title, people } = useChannelTitle(info);
  const { t, format } = useWords();
  const { count, level } = attentionOf(info);
  const hasFailed = useOutbox().failed.has(info.id);
  const isMuted = info.membership?.notify === 'none';
  return (
    <li>
      <a
        className={classNames(
          'channel-link',
          (level === 'unread' || level === 'mention') && 'channel-link-unread',
          isMuted && 'channel-link-muted',
        )}
        href={hrefOf(toChannel(info.id))}
        aria-current={info.id === openId ? 'page' : undefined}
      >
        <ChannelFace info={info} people={people} />
        <bdi className="channel-link-name">{title}</bdi>
        {hasFailed && (
          <span className="channel-link-failed">
            <CircleAlert size={15} aria-hidden="true" />
            <span className="hidden-text">{t('list.failed')}</span>
          </span>
        )}
        {level === 'quiet' && <span className="quiet-dot" aria-hidden="true" />}
        {count > 0 && (
          <span className={`badge badge-${level}`}>
            <span aria-hidden="true">{count > 99 ? '99+' : format.number(count)}</span>
            <span className="hidden-text">
              {level === 'mention' && info.channel.kind !== 'direct'
                ? t('list.mentions', { count })
                : t('list.unread', { count })}
            </span>
          </span>
        )}
      </a>
    </li>
  );
}

function ChannelFace({
  info,
  people,
}: { readonly info: ChannelSummary } & Pick<ReturnType<typeof useChannelTitle>, 'people'>) {
  const { kind } = info.channel;
  const [person] = people;
  if (kind === 'public' || kind === 'private') return <ChannelSign kind={kind} />;
  if (person !== undefined && people.length === 1) return <PresenceAvatar user={person} size="xs" />;
  return <Users size={16} aria-hidden="true" />;
}
