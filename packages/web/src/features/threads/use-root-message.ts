import type { ChannelId, MessageView } from '@parley/protocol';
import { useMemo } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { singleMessage } from '../../chat/single-messages.ts';
import { createStore } from '../../lib/store.ts';
import { useStore } from '../../lib/use-store.ts';

/** The message that a thread hangs on; null until it is here. */
export function useRootMessage(rootId: ChannelId, rootSeq: number | null): MessageView | null {
  const client = useClient();
  const store = useMemo(
    () =>
      rootSeq === null ? createStore<MessageView | 'gone' | null>('gone') : singleMessage(client, rootId, rootSeq),
    [client, rootId, rootSeq],
  );
  const found = useStore(store);
  return found === 'gone' ? null : found;
}
