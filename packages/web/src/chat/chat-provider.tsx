import type { ChatClient } from '@parley/client';
import { createContext, type ReactNode, useContext } from 'react';
import type { OfflineCache } from './offline-cache.ts';
import type { Running } from './run-client.ts';
import { OutboxContext } from './use-outbox.ts';

const ChatContext = createContext<ChatClient | null>(null);
const CacheContext = createContext<OfflineCache | null>(null);

/** Gives the client, what it has not sent yet and what was kept of an earlier visit to everything below. */
export function ChatProvider({ running, children }: { readonly running: Running; readonly children: ReactNode }) {
  return (
    <ChatContext value={running.client}>
      <CacheContext value={running.cache}>
        <OutboxContext value={running.outbox}>{children}</OutboxContext>
      </CacheContext>
    </ChatContext>
  );
}

/** The client of the signed-in user. */
export function useClient(): ChatClient {
  const client = useContext(ChatContext);
  if (client === null) throw new Error('useClient is called outside of ChatProvider');
  return client;
}

/** What was kept for reading without a network. */
export function useCache(): OfflineCache {
  const cache = useContext(CacheContext);
  if (cache === null) throw new Error('useCache is called outside of ChatProvider');
  return cache;
}
