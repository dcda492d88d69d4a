import type { UserView } from '@parley/protocol';
import type { ConnectionChange } from '../connection.ts';
import type { Flags } from '../session.ts';
import { useClient } from './provider.ts';
import { useStore } from './use-store.ts';

const IDLE: ConnectionChange = {
  previous: 'idle',
  current: 'idle',
  reason: 'not started',
  retryInMs: null,
  error: null,
};
const NO_FLAGS: Flags = {};

/** Where the connection stands, and how it came there. */
export function useConnection(): ConnectionChange {
  return useStore(useClient().connection, IDLE);
}

/** The user; null until the first connect. */
export function useMe(): UserView | null {
  return useStore(useClient().me, null);
}

/** The user's feature flags. */
export function useFlags(): Flags {
  return useStore(useClient().flags, NO_FLAGS);
}
