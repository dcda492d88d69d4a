import { type ChatClient, type ClientStorage, createClient } from '@parley/client';
import { indexedDbStorage } from '@parley/client/indexed-db';
import { parseRoute } from '../lib/routes.ts';
import { createStore, type LocalStore } from '../lib/store.ts';
import { type OfflineCache, offlineCache } from './offline-cache.ts';
import { type Outbox, watchOutbox } from './outbox.ts';
import { forgetSession, type Session, session } from './session.ts';

/** The running client, and the session that it runs for. */
export interface Running {
  readonly client: ChatClient;
  readonly session: Session;
  readonly outbox: LocalStore<Outbox>;
  readonly cache: OfflineCache;
}

/** The client of the session; null while nobody is signed in. */
export const running = createStore<Running | null>(null);

/** Why the last session ended, when it was not by the user's wish. */
export type EndReason = 'unauthenticated' | 'revoked' | 'deactivated';
export const endedBy = createStore<EndReason | null>(null);

const END_REASONS: readonly EndReason[] = ['unauthenticated', 'revoked', 'deactivated'];

/** Keeps exactly one client for as long as there is a session. Call it once, at the start. */
export function runClient(): void {
  const follow = () => {
    const wanted = session.getSnapshot();
    const current = running.getSnapshot();
    if (current?.session === wanted) return;
    current?.client.close();
    // Whoever is signed out leaves nothing to read behind. What is unsent is kept, and goes out with the next sign-in.
    void current?.cache.clear().catch(() => {});
    running.set(wanted === null ? null : start(wanted));
  };
  session.subscribe(follow);
  follow();
}

function start(wanted: Session): Running {
  const storage = indexedDbStorage(wanted.userId);
  const client = makeClient(wanted, storage);
  const outbox = watchOutbox(client);
  const cache = offlineCache(client, storage);
  client.on('connection', ({ current, error }) => {
    const reason = END_REASONS.find((code) => code === error?.code);
    if (current !== 'failed' || reason === undefined || running.getSnapshot()?.client !== client) return;
    endedBy.set(reason);
    forgetSession();
  });
  loadFirst(client);
  // Why it failed shows in the connection's state.
  client.connect().catch(() => {});
  return { client, session: wanted, outbox, cache };
}

/** Asks for the conversation that the address names as soon as that is possible: the app may still be on its way. */
function loadFirst(client: ChatClient): void {
  const route = parseRoute(location.hash);
  if (route.name !== 'channel') return;
  const stop = client.on('connection', ({ current }) => {
    if (current !== 'online') return;
    stop();
    const channel = client.channel(route.channelId);
    if (channel.info.getSnapshot() !== null) void channel.load();
  });
}

function makeClient({ token }: Session, storage: ClientStorage): ChatClient {
  return createClient({
    url: location.origin,
    token,
    storage,
    userAgent: `Parley web, ${browserName()}`,
  });
}

function browserName(): string {
  const agent = navigator.userAgent;
  const known = [
    ['Edg/', 'Edge'],
    ['Firefox/', 'Firefox'],
    ['Chrome/', 'Chrome'],
    ['Safari/', 'Safari'],
  ].find(([mark = '']) => agent.includes(mark));
  return known?.[1] ?? 'browser';
}
