import type { ChannelSummary } from '@parley/client';
import { Hash, MessageCircle, UserPlus } from 'lucide-react';
import { type ReactNode, Suspense, useMemo, useState } from 'react';
import { useChannels, useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { attentionOf } from '../channel-list/sections.ts';
import { EmptyView } from './empty-view.tsx';
import { InviteDialog } from './lazy-views.ts';
import { NewsCard } from './news-card.tsx';

interface HomeViewProps {
  readonly onBrowse: () => void;
  readonly onNewDirect: () => void;
}

const LOUDNESS = { mention: 3, unread: 2, quiet: 1, none: 0 } as const;
const MAX_CARDS = 12;

/** What waits for its reader, the loudest first; or what to begin with. */
export function HomeView({ onBrowse, onNewDirect }: HomeViewProps) {
  const { t } = useWords();
  const me = useMe();
  const channels = useChannels();
  const news = useMemo(() => newsOf(channels), [channels]);
  const isNew = channels.length === 0;
  if (me === null) return <EmptyView />;
  const actions = <HomeActions isNew={isNew} onBrowse={onBrowse} onNewDirect={onNewDirect} />;
  if (news.length === 0) {
    return (
      <EmptyView
        title={isNew ? t('home.welcome', { name: me.displayName }) : t('home.title')}
        text={isNew ? t('home.first') : t('home.text')}
      >
        {actions}
      </EmptyView>
    );
  }
  return (
    <div className="home">
      <header className="home-head">
        <h1>{t('home.news')}</h1>
        <p>{t('home.newsIn', { count: news.length })}</p>
      </header>
      <ul className="news-cards">
        {news.slice(0, MAX_CARDS).map((info) => (
          <NewsCard key={info.id} info={info} />
        ))}
      </ul>
      <div className="empty-actions">{actions}</div>
    </div>
  );
}

interface HomeActionsProps extends HomeViewProps {
  readonly isNew: boolean;
}

function HomeActions({ isNew, onBrowse, onNewDirect }: HomeActionsProps): ReactNode {
  const { t } = useWords();
  const [isInviting, setInviting] = useState(false);
  return (
    <>
      <Button icon={Hash} look={isNew ? 'primary' : 'plain'} onClick={onBrowse}>
        {t('home.channels')}
      </Button>
      <Button icon={MessageCircle} onClick={onNewDirect}>
        {t('direct.new')}
      </Button>
      <Button icon={UserPlus} onClick={() => setInviting(true)}>
        {t('home.invite')}
      </Button>
      <Suspense fallback={null}>{isInviting && <InviteDialog onClose={() => setInviting(false)} />}</Suspense>
    </>
  );
}

function newsOf(channels: readonly ChannelSummary[]): readonly ChannelSummary[] {
  const loud = (info: ChannelSummary) => LOUDNESS[attentionOf(info).level];
  return channels.filter((info) => loud(info) > 0).sort((a, b) => loud(b) - loud(a) || b.unread - a.unread);
}
