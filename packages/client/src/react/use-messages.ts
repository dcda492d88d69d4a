import type { ChannelId } from '@parley/protocol';
import { useMemo } from 'react';
import type { Channel } from '../channel.ts';
import type { MessagesSnapshot } from '../messages.ts';
import { useClient } from './provider.ts';
import { useStore } from './use-store.ts';

const EMPTY: MessagesSnapshot = {
  items: [],
  isLoaded: false,
  isLoading: false,
  hasOlder: false,
  hasNewer: false,
  error: null,
};

/** A channel's messages, and what a list of them needs. */
export interface MessagesView extends MessagesSnapshot {
  readonly send: Channel['send'];
  readonly retry: Channel['retry'];
  readonly discard: Channel['discard'];
  readonly loadOlder: Channel['loadOlder'];
  readonly loadNewer: Channel['loadNewer'];
  readonly jumpTo: Channel['jumpTo'];
  readonly jumpToLatest: Channel['jumpToLatest'];
}

/** The messages of a channel: loads the latest page when first shown, and follows the channel from there. */
export function useMessages(channelId: ChannelId): MessagesView {
  const channel = useClient().channel(channelId);
  const snapshot = useStore(channel.messages, EMPTY);
  // The functions stay the same for as long as the channel does, so that effects may depend on them.
  const actions = useMemo(
    () => ({
      send: channel.send.bind(channel),
      retry: channel.retry.bind(channel),
      discard: channel.discard.bind(channel),
      loadOlder: channel.loadOlder.bind(channel),
      loadNewer: channel.loadNewer.bind(channel),
      jumpTo: channel.jumpTo.bind(channel),
      jumpToLatest: channel.jumpToLatest.bind(channel),
    }),
    [channel],
  );
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, actions]);
}
