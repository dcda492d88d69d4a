import type {
  Channel,
  ChannelSummary,
  ChatMessage,
  ConnectionChange,
  MembersSnapshot,
  MessagesSnapshot,
} from '@parley/client';
import type { ChannelId, PresenceData, ReceiptView, UserId, UserView } from '@parley/protocol';
import { useCallback, useEffect, useMemo } from 'react';
import { combine, useStore } from '../lib/use-store.ts';
import { useCache, useClient } from './chat-provider.tsx';
import type { CachedView } from './offline-cache.ts';

/** Where the connection stands. */
export function useConnection(): ConnectionChange {
  return useStore(useClient().connection);
}

/** True while what is shown is what was seen last, and not what the server has said. */
export function useIsStale(): boolean {
  return useStore(useCache().view) !== null;
}

/** The signed-in user; null until the first connect, unless somebody was here before. */
export function useMe(): UserView | null {
  const me = useStore(useClient().me);
  const cached = useStore(useCache().view);
  return me ?? cached?.me ?? null;
}

/** The user's channels and direct conversations. */
export function useChannels(): readonly ChannelSummary[] {
  const channels = useStore(useClient().channels);
  const cached = useStore(useCache().view);
  return channels.length === 0 && cached !== null ? cached.channels : channels;
}

/** The threads that the user follows. */
export function useThreads(): readonly ChannelSummary[] {
  const threads = useStore(useClient().threads);
  const cached = useStore(useCache().view);
  return threads.length === 0 && cached !== null ? cached.threads : threads;
}

/** A feature flag as it is for the user; undefined where the server tells of none. */
export function useFlag(key: string): boolean | string | number | undefined {
  return useStore(useClient().flags)[key];
}

/** The handle of a channel or thread. */
export function useChannel(channelId: ChannelId): Channel {
  return useClient().channel(channelId);
}

/** A channel or thread and what is unread in it; null while the user is not in it. */
export function useChannelInfo(channelId: ChannelId): ChannelSummary | null {
  const info = useStore(useChannel(channelId).info);
  const cached = useStore(useCache().view);
  if (info !== null || cached === null) return info;
  return [...cached.channels, ...cached.threads].find(({ id }) => id === channelId) ?? null;
}

/** The messages of a channel; reading them loads the latest page. Until it is here, those that were seen last. */
export function useMessages(channelId: ChannelId): MessagesSnapshot {
  const cache = useCache();
  const snapshot = useStore(useChannel(channelId).messages);
  const kept = useStore(useMemo(() => cache.messages(channelId), [cache, channelId]));
  const isStale = useIsStale();
  useEffect(() => cache.open(channelId), [cache, channelId]);
  return useMemo(() => (isStale ? withKept(snapshot, kept) : snapshot), [snapshot, kept, isStale]);
}

/** Gives the messages of a channel as they are shown when it is called. */
export function useMessagesNow(channelId: ChannelId): () => readonly ChatMessage[] {
  const cache = useCache();
  const { messages } = useChannel(channelId);
  const isStale = useIsStale();
  return useCallback(() => {
    const snapshot = messages.getSnapshot();
    return (isStale ? withKept(snapshot, cache.messages(channelId).getSnapshot()) : snapshot).items;
  }, [cache, messages, channelId, isStale]);
}

/** The members of a channel as far as they are loaded. */
export function useMembers(channelId: ChannelId): MembersSnapshot {
  return useStore(useChannel(channelId).members);
}

/** How far each member has got. */
export function useReceipts(channelId: ChannelId): readonly ReceiptView[] {
  return useStore(useChannel(channelId).receipts);
}

/** Who types in a channel, oneself left out. */
export function useTyping(channelId: ChannelId): readonly UserId[] {
  return useStore(useChannel(channelId).typing);
}

/** A user; null until it is known. */
export function useUser(userId: UserId): UserView | null {
  const user = useStore(useClient().users.of(userId));
  const cached = useStore(useCache().view);
  return user ?? cachedUser(cached, userId);
}

/** Several users in the order of their ids; those that are not known yet are null. */
export function useUsers(userIds: readonly UserId[]): readonly (UserView | null)[] {
  const { users } = useClient();
  const cached = useStore(useCache().view);
  const key = userIds.join();
  const ids = useMemo(() => (key === '' ? [] : (key.split(',') as UserId[])), [key]);
  const found = useStore(useMemo(() => combine(ids.map((userId) => users.of(userId))), [users, ids]));
  return useMemo(() => found.map((user, index) => user ?? cachedUser(cached, ids[index])), [found, cached, ids]);
}

/** Where a person is; null while it is not known. */
export function usePresence(userId: UserId): PresenceData | null {
  return useStore(useClient().presence.of(userId));
}

function cachedUser(cached: CachedView | null, userId: UserId | undefined): UserView | null {
  return cached?.users.find(({ id }) => id === userId) ?? null;
}

/** Until messages are loaded: those that were seen last, and behind them what has been written since. */
function withKept(snapshot: MessagesSnapshot, kept: readonly ChatMessage[] | null): MessagesSnapshot {
  if (snapshot.isLoaded || kept === null) return snapshot;
  const here = new Set(kept.map(({ id }) => id));
  const items = [...kept, ...snapshot.items.filter(({ id }) => !here.has(id))];
  return { ...snapshot, items, isLoaded: true, hasOlder: (kept[0]?.seq ?? 0) > 1 };
}
