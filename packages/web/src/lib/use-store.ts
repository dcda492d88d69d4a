import { useSyncExternalStore } from 'react';

/** Anything with the two halves that React wants of a store outside of it. */
export interface Readable<Value> {
  readonly getSnapshot: () => Value;
  readonly subscribe: (listener: () => void) => () => void;
}

/** Reads a store and draws again when it changes. */
export function useStore<Value>(store: Readable<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
