import type { ChannelId, MessageView } from '@parley/protocol';
import { useMemo } from 'react';
import { createStore } from '../lib/store.ts';
import { useStore } from '../lib/use-store.ts';
import { useClient } from './chat-provider.tsx';
import { singleMessage } from './single-messages.ts';

/** One message by its place, also outside of what is loaded; null until it is here, and when it cannot be had. */
export function useSingleMessage(channelId: ChannelId, seq: number | null): MessageView | null {
  const client = useClient();
  const store = useMemo(
    () => (seq === null ? createStore<MessageView | 'gone' | null>('gone') : singleMessage(client, channelId, seq)),
    [client, channelId, seq],
  );
  const found = useStore(store);
  return found === 'gone' ? null : found;
}
