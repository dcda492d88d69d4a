import { createContext, createElement, type ReactNode, useContext } from 'react';
import type { ChatClient } from '../chat-client.ts';

const ClientContext = createContext<ChatClient | null>(null);

export interface ParleyProviderProps {
  /** Made and connected outside of React, so that no render and no StrictMode can open a second connection. */
  readonly client: ChatClient;
  readonly children?: ReactNode;
}

/** Gives a client to all hooks below. It neither connects nor closes it. */
export function ParleyProvider({ client, children }: ParleyProviderProps): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest provider; throws without one. */
export function useClient(): ChatClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('unable to use Parley; there is no <ParleyProvider> above this component');
  return client;
}
