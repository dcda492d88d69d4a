import type { ChannelId } from '@parley/protocol';
import { useMemo } from 'react';
import type { Channel } from '../channel.ts';
import type { ChannelSummary } from '../channel-state.ts';
import { useClient } from './provider.ts';
import { useStore } from './use-store.ts';

const NONE: readonly ChannelSummary[] = [];

/** A channel: what can be done in it, and how it stands. */
export interface ChannelView {
  readonly channel: Channel;
  /** Null while the user is not in it, or it is not known yet. */
  readonly info: ChannelSummary | null;
}

/** The user's channels and direct conversations, with what is unread. */
export function useChannels(): readonly ChannelSummary[] {
  return useStore(useClient().channels, NONE);
}

/** The threads that the user follows. */
export function useThreads(): readonly ChannelSummary[] {
  return useStore(useClient().threads, NONE);
}

/** One channel, direct conversation or thread. */
export function useChannel(channelId: ChannelId): ChannelView {
  const channel = useClient().channel(channelId);
  const info = useStore(channel.info, null);
  return useMemo(() => ({ channel, info }), [channel, info]);
}

/** What is unread in a channel, or in all of them together. */
export function useUnread(channelId?: ChannelId): { readonly unread: number; readonly mentions: number } {
  const channels = useChannels();
  const threads = useThreads();
  return useMemo(() => {
    const counted = channelId === undefined ? channels : [...channels, ...threads].filter(({ id }) => id === channelId);
    let unread = 0;
    let mentions = 0;
    for (const summary of counted) {
      unread += summary.unread;
      mentions += summary.mentions;
    }
    return { unread, mentions };
  }, [channels, threads, channelId]);
}
