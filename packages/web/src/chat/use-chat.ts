import type {
  Channel,
  ChannelSummary,
  ConnectionChange,
  MembersSnapshot,
  MessagesSnapshot,
  Store,
} from '@parley/client';
import type { ChannelId, PresenceData, ReceiptView, UserId, UserView } from '@parley/protocol';
import { useMemo } from 'react';
import { useStore } from '../lib/use-store.ts';
import { useClient } from './chat-provider.tsx';

/** Where the connection stands. */
export function useConnection(): ConnectionChange {
  return useStore(useClient().connection);
}

/** The signed-in user; null until the first connect. */
export function useMe(): UserView | null {
  return useStore(useClient().me);
}

/** The user's channels and direct conversations. */
export function useChannels(): readonly ChannelSummary[] {
  return useStore(useClient().channels);
}

/** The threads that the user follows. */
export function useThreads(): readonly ChannelSummary[] {
  return useStore(useClient().threads);
}

/** The handle of a channel or thread. */
export function useChannel(channelId: ChannelId): Channel {
  return useClient().channel(channelId);
}

/** A channel or thread and what is unread in it; null while the user is not in it. */
export function useChannelInfo(channelId: ChannelId): ChannelSummary | null {
  return useStore(useChannel(channelId).info);
}

/** The messages of a channel; reading them loads the latest page. */
export function useMessages(channelId: ChannelId): MessagesSnapshot {
  return useStore(useChannel(channelId).messages);
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
  return useStore(useClient().users.of(userId));
}

/** Several users in the order of their ids; those that are not known yet are null. */
export function useUsers(userIds: readonly UserId[]): readonly (UserView | null)[] {
  const { users } = useClient();
  const key = userIds.join();
  const store = useMemo(
    () => combine(key === '' ? [] : key.split(',').map((userId) => users.of(userId as UserId))),
    [users, key],
  );
  return useStore(store);
}

/** Where a person is; null while it is not known. */
export function usePresence(userId: UserId): PresenceData | null {
  return useStore(useClient().presence.of(userId));
}

/** Joins several stores into one. */
export function combine<Value>(stores: readonly Store<Value>[]): Store<readonly Value[]> {
  let last: readonly Value[] = [];
  return {
    getSnapshot() {
      const values = stores.map((store) => store.getSnapshot());
      const isSame = values.length === last.length && values.every((value, index) => Object.is(value, last[index]));
      if (!isSame) last = values;
      return last;
    },
    subscribe(listener) {
      const ends = stores.map((store) => store.subscribe(listener));
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
