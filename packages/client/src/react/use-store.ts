import { useSyncExternalStore } from 'react';
import type { Store } from '../store.ts';

/**
 * The value of a store, and a render after each change. `initial` is what a server renders and what a browser begins with, so that
 * both agree; it must be the same object each time.
 */
export function useStore<Value>(store: Store<Value>, initial: Value): Value {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => initial);
}
