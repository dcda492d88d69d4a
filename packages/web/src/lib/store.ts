/** A value that tells when it has changed; the shape that `useSyncExternalStore` wants. */
export interface LocalStore<Value> {
  getSnapshot(): Value;
  subscribe(listener: () => void): () => void;
  set(value: Value): void;
  update(change: (value: Value) => Value): void;
}

/** Makes a store of the app itself, for what lives outside of any component. */
export function createStore<Value>(initial: Value): LocalStore<Value> {
  let current = initial;
  const listeners = new Set<() => void>();
  const set = (value: Value) => {
    if (Object.is(value, current)) return;
    current = value;
    for (const listener of [...listeners]) listener();
  };
  return {
    getSnapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set,
    update: (change) => set(change(current)),
  };
}
