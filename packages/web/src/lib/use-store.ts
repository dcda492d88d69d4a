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

/** Joins several stores into one. */
export function combine<Value>(stores: readonly Readable<Value>[]): Readable<readonly Value[]> {
  let last: readonly Value[] = [];
  return {
    getSnapshot: () => {
      const values = stores.map((store) => store.getSnapshot());
      const isSame = values.length === last.length && values.every((value, index) => Object.is(value, last[index]));
      if (!isSame) last = values;
      return last;
    },
    subscribe: (listener) => {
      const ends = stores.map((store) => store.subscribe(listener));
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
