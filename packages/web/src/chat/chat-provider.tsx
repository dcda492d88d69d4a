import type { ChatClient } from '@parley/client';
import { createContext, type ReactNode, useContext } from 'react';
import type { Running } from './run-client.ts';
import { OutboxContext } from './use-outbox.ts';

const ChatContext = createContext<ChatClient | null>(null);

/** Gives the client, and what it has not sent yet, to everything below. */
export function ChatProvider({ running, children }: { readonly running: Running; readonly children: ReactNode }) {
  return (
    <ChatContext value={running.client}>
      <OutboxContext value={running.outbox}>{children}</OutboxContext>
    </ChatContext>
  );
}

/** The client of the signed-in user. */
export function useClient(): ChatClient {
  const client = useContext(ChatContext);
  if (client === null) throw new Error('useClient is called outside of ChatProvider');
  return client;
}
