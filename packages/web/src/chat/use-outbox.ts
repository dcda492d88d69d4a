import { createContext, useContext } from 'react';
import type { LocalStore } from '../lib/store.ts';
import { useStore } from '../lib/use-store.ts';
import type { Outbox } from './outbox.ts';

export const OutboxContext = createContext<LocalStore<Outbox> | null>(null);

/** What of this browser is not sent yet. */
export function useOutbox(): Outbox {
  const store = useContext(OutboxContext);
  if (store === null) throw new Error('useOutbox is called outside of ChatProvider');
  return useStore(store);
}
