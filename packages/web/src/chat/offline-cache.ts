import type { ChannelSummary, ChatClient, ChatMessage, ClientStorage } from '@parley/client';
import type { ChannelId, MessageView, UserId, UserView } from '@parley/protocol';
import { createStore, type LocalStore } from '../lib/store.ts';

/** What was last seen of everything but messages. */
export interface CachedView {
  readonly me: UserView;
  readonly channels: readonly ChannelSummary[];
  readonly threads: readonly ChannelSummary[];
  readonly users: readonly UserView[];
}

/** What was seen last, for reading without a network. The server knows better: it is shown only until the server has spoken. */
export interface OfflineCache {
  /** Null while it is not needed, and when nothing was kept. */
  readonly view: LocalStore<CachedView | null>;
  /** The last messages of a conversation that was opened before; null when nothing was kept. */
  messages(channelId: ChannelId): LocalStore<readonly ChatMessage[] | null>;
  /** Keeps the messages of a conversation from now on. */
  open(channelId: ChannelId): void;
  /** Forgets everything. */
  clear(): Promise<void>;
}

const PREFIX = 'view/';
const VIEW_KEY = `${PREFIX}all`;
const MAX_MESSAGES = 80;
const SAVE_MS = 1_500;
/** A server that answers this soon needs no stand-in: what is shown first is then true at once. */
const GRACE_MS = 600;

/** Keeps what a client shows, and gives it back while there is no connection. */
export function offlineCache(client: ChatClient, storage: ClientStorage): OfflineCache {
  const view = createStore<CachedView | null>(null);
  const messages = new Map<ChannelId, LocalStore<readonly ChatMessage[] | null>>();
  const opened = new Set<ChannelId>();
  let hasBeenOnline = false;
  let isCleared = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const save = async () => {
    timer = undefined;
    if (isCleared || !hasBeenOnline) return;
    const kept = viewOf(client, opened);
    if (kept !== null) await storage.set(VIEW_KEY, JSON.stringify(kept));
    for (const channelId of opened) {
      const { items, isLoaded, hasNewer } = client.channel(channelId).messages.getSnapshot();
      if (isLoaded && !hasNewer) await storage.set(keyOf(channelId), JSON.stringify(lastOf(items)));
    }
  };
  const plan = () => {
    timer ??= setTimeout(() => void save().catch(() => {}), SAVE_MS);
  };
  for (const name of ['message', 'messageChanged', 'channelChanged', 'channelJoined', 'user'] as const) {
    client.on(name, plan);
  }
  const forget = ({ channelId }: { readonly channelId: ChannelId }) => {
    opened.delete(channelId);
    messages.get(channelId)?.set(null);
    void storage.delete(keyOf(channelId)).catch(() => {});
    plan();
  };
  client.on('channelLeft', forget);
  client.on('channelSynced', (event) => {
    if (event.continuity === 'reset' && !opened.has(event.channelId)) forget(event);
  });
  client.on('messageChanged', ({ message }) => {
    if (!opened.has(message.channelId)) void replaceKept(storage, message).catch(() => {});
  });
  client.on('connection', ({ current }) => {
    if (current !== 'online') return;
    hasBeenOnline = true;
    view.set(null);
    plan();
  });
  setTimeout(() => {
    if (!hasBeenOnline) void load<CachedView>(storage, VIEW_KEY).then((kept) => hasBeenOnline || view.set(kept));
  }, GRACE_MS);

  return {
    view,
    messages(channelId) {
      let store = messages.get(channelId);
      if (store === undefined) {
        store = createStore<readonly ChatMessage[] | null>(null);
        messages.set(channelId, store);
        void load<readonly ChatMessage[]>(storage, keyOf(channelId)).then((kept) => store?.set(kept));
      }
      return store;
    },
    open(channelId) {
      opened.add(channelId);
      plan();
    },
    async clear() {
      isCleared = true;
      clearTimeout(timer);
      view.set(null);
      for (const [key] of await storage.entries(PREFIX)) await storage.delete(key);
    },
  };
}

function keyOf(channelId: ChannelId): string {
  return `${PREFIX}messages/${channelId}`;
}

async function load<Value>(storage: ClientStorage, key: string): Promise<Value | null> {
  try {
    const kept = await storage.get(key);
    return kept === undefined ? null : (JSON.parse(kept) as Value);
  } catch {
    // What cannot be read was never kept.
    return null;
  }
}

function lastOf(items: readonly ChatMessage[]): readonly ChatMessage[] {
  return items.filter(({ status }) => status === 'sent').slice(-MAX_MESSAGES);
}

function viewOf(client: ChatClient, opened: ReadonlySet<ChannelId>): CachedView | null {
  const me = client.me.getSnapshot();
  if (me === null) return null;
  const channels = client.channels.getSnapshot();
  const ids = new Set<UserId>(channels.flatMap(({ channel }) => channel.memberIds ?? []));
  for (const channelId of opened) {
    for (const message of lastOf(client.channel(channelId).messages.getSnapshot().items)) {
      for (const userId of [message.senderId, ...(message.mentions ?? [])]) ids.add(userId);
    }
  }
  const users = [...ids].flatMap((userId) => client.users.peek(userId) ?? []);
  return { me, channels, threads: client.threads.getSnapshot(), users };
}

/** A message that was edited or deleted is so here too, though its conversation is not open. */
async function replaceKept(storage: ClientStorage, message: MessageView): Promise<void> {
  const key = keyOf(message.channelId);
  const kept = await load<readonly ChatMessage[]>(storage, key);
  if (kept === null || !kept.some(({ id }) => id === message.id)) return;
  const changed = kept.map((other) => (other.id === message.id ? { ...message, status: 'sent', error: null } : other));
  await storage.set(key, JSON.stringify(changed));
}
