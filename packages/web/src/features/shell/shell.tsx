import { Suspense, useState } from 'react';
import { useChannelInfo, useConnection } from '../../chat/use-chat.ts';
import { NO_PANE, navigate, type Route, toChannel } from '../../lib/routes.ts';
import { useMedia } from '../../lib/use-media.ts';
import { useRoute } from '../../lib/use-route.ts';
import { ChannelList } from '../channel-list/channel-list.tsx';
import { ConnectionBanner } from '../connection/connection-banner.tsx';
import { NoticeBanner } from '../connection/notice-banner.tsx';
import { ChannelView } from '../conversation/channel-view.tsx';
import { EmptyView } from './empty-view.tsx';
import { HomeView } from './home-view.tsx';
import {
  AdminView,
  BrowseChannelsDialog,
  CreateChannelDialog,
  DetailsPane,
  MembersPane,
  NewDirectDialog,
  PinsPane,
  SearchView,
  SettingsView,
  ShortcutsDialog,
  Switcher,
  ThreadPane,
  ThreadsView,
} from './lazy-views.ts';
import { OwnBar } from './own-bar.tsx';
import { ServerHead } from './server-head.tsx';
import { useAttentionTitle } from './use-attention-title.ts';
import { useInvitation } from './use-invitation.ts';
import { useShortcuts } from './use-shortcuts.ts';
import '../../ui/person.css';
import './shell.css';

type OpenDialog = 'browse' | 'create' | 'direct' | 'switcher' | 'shortcuts' | null;

/** The app of a signed-in user: conversations, the open one, and what lies beside it. */
export function Shell() {
  const route = useRoute();
  const isNarrow = useMedia('(max-width: 48rem)');
  const view = viewOf(route);
  // On a phone the list is all there is to see: then it is the main thing.
  const isList = isNarrow && view === 'list';
  const [open, setOpen] = useState<OpenDialog>(null);
  const close = () => setOpen(null);
  useAttentionTitle(route);
  useInvitation(route);
  useShortcuts({ route, onSwitch: () => setOpen('switcher'), onHelp: () => setOpen('shortcuts') });
  const dialogs = { onBrowse: () => setOpen('browse'), onNewDirect: () => setOpen('direct') };
  return (
    <div className="shell" data-view={view} data-connection={useConnection().current}>
      <div className="shell-side" {...(isList ? { role: 'main' } : {})}>
        <ServerHead isTop={isList} />
        <ChannelList route={route} {...dialogs} onSwitch={() => setOpen('switcher')} />
        <OwnBar onHelp={() => setOpen('shortcuts')} />
      </div>
      <main id="main" className="shell-main" tabIndex={-1}>
        <ConnectionBanner />
        <NoticeBanner />
        <div className="shell-sheet">
          <Suspense fallback={<EmptyView />}>
            <MainView route={route} {...dialogs} />
          </Suspense>
        </div>
      </main>
      <Suspense fallback={null}>
        <SidePane route={route} />
        {open === 'browse' && <BrowseChannelsDialog onCreate={() => setOpen('create')} onClose={close} />}
        {open === 'create' && <CreateChannelDialog onClose={close} />}
        {open === 'direct' && <NewDirectDialog onClose={close} />}
        {open === 'switcher' && <Switcher onClose={close} />}
        {open === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      </Suspense>
    </div>
  );
}

interface MainViewProps {
  readonly route: Route;
  readonly onBrowse: () => void;
  readonly onNewDirect: () => void;
}

function MainView({ route, onBrowse, onNewDirect }: MainViewProps) {
  switch (route.name) {
    case 'channel':
      return <ChannelView channelId={route.channelId} pane={route.pane} targetSeq={route.seq} />;
    case 'threads':
      return <ThreadsView />;
    case 'search':
      return <SearchView query={route.query} />;
    case 'settings':
      return <SettingsView section={route.section} />;
    case 'admin':
      return <AdminView section={route.section} />;
    default:
      return <HomeView onBrowse={onBrowse} onNewDirect={onNewDirect} />;
  }
}

function SidePane({ route }: { readonly route: Route }) {
  if (route.name !== 'channel' || route.pane.name === 'none') return null;
  return <ChannelPane route={route} />;
}

function ChannelPane({ route }: { readonly route: Extract<Route, { name: 'channel' }> }) {
  const info = useChannelInfo(route.channelId);
  if (info === null) return null;
  const close = () => navigate(toChannel(route.channelId, NO_PANE));
  const { pane } = route;
  return (
    <div className="shell-pane">
      {pane.name === 'thread' && (
        <ThreadPane key={pane.threadId} info={info} threadId={pane.threadId} onClose={close} />
      )}
      {pane.name === 'members' && <MembersPane info={info} onClose={close} />}
      {pane.name === 'details' && <DetailsPane info={info} onClose={close} />}
      {pane.name === 'pins' && <PinsPane info={info} onClose={close} />}
    </div>
  );
}

/** What a phone shows: one thing at a time. */
function viewOf(route: Route): 'list' | 'main' | 'pane' {
  if (route.name === 'channel') return route.pane.name === 'none' ? 'main' : 'pane';
  return route.name === 'home' || route.name === 'join' || route.name === 'welcome' ? 'list' : 'main';
}
