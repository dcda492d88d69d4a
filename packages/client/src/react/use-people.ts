import type { ChannelId, PresenceData, ReceiptView, UserId, UserView } from '@parley/protocol';
import { useMemo } from 'react';
import type { MembersSnapshot } from '../channel-views.ts';
import { useClient } from './provider.ts';
import { useStore } from './use-store.ts';

const NO_MEMBERS: MembersSnapshot = { members: [], isComplete: false };
const NOBODY: readonly UserId[] = [];
const NO_RECEIPTS: readonly ReceiptView[] = [];

/** Members of a channel as far as they are loaded, and the way to the rest. */
export interface MembersView extends MembersSnapshot {
  readonly loadMore: () => Promise<void>;
}

/** The members of a channel: loads the first page when first shown. */
export function useMembers(channelId: ChannelId): MembersView {
  const channel = useClient().channel(channelId);
  const snapshot = useStore(channel.members, NO_MEMBERS);
  const loadMore = useMemo(() => () => channel.loadMembers(), [channel]);
  return useMemo(() => ({ ...snapshot, loadMore }), [snapshot, loadMore]);
}

/** Who types in a channel, oneself left out, and the function to call at each key of one's own. */
export function useTyping(channelId: ChannelId): {
  readonly typists: readonly UserId[];
  readonly setTyping: (isTyping?: boolean) => void;
} {
  const channel = useClient().channel(channelId);
  const typists = useStore(channel.typing, NOBODY);
  const setTyping = useMemo(() => (isTyping?: boolean) => channel.setTyping(isTyping), [channel]);
  return useMemo(() => ({ typists, setTyping }), [typists, setTyping]);
}

/** How far each member of a channel has got; `deliveryOf` tells from it how far one message has. */
export function useReceipts(channelId: ChannelId): readonly ReceiptView[] {
  return useStore(useClient().channel(channelId).receipts, NO_RECEIPTS);
}

/** Where a person is; null while that is not known. The person is watched for as long as this is shown. */
export function usePresence(userId: UserId): PresenceData | null {
  return useStore(useClient().presence.of(userId), null);
}

/** A person by id; null until fetched. */
export function useUser(userId: UserId): UserView | null {
  return useStore(useClient().users.of(userId), null);
}
