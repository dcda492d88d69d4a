import { callSafely } from './store.ts';

type Listener<Event> = (event: Event) => void;

/** Typed events: `on` returns what ends the subscription. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<{ readonly call: Listener<never> }>>();

  /** Calls `listener` at each event of this name; returns what ends it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const entry = { call: listener };
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of Array.from(this.#listeners.get(name) ?? [])) {
      callSafely(() => (listener.call as Listener<Events[Name]>)(event));
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
