import { type Batch, type Store, View, type ViewOptions } from './store.ts';

/** One view per key, made when it is first asked for. */
export class ViewMap<Key, Value> {
  readonly #batch: Batch;
  readonly #compute: (key: Key) => Value;
  readonly #onWatched: (key: Key) => ReturnType<NonNullable<ViewOptions['onWatched']>>;
  readonly #views = new Map<Key, View<Value>>();

  constructor(
    batch: Batch,
    compute: (key: Key) => Value,
    onWatched: (key: Key) => ReturnType<NonNullable<ViewOptions['onWatched']>>,
  ) {
    this.#batch = batch;
    this.#compute = compute;
    this.#onWatched = onWatched;
  }

  of(key: Key): Store<Value> {
    let view = this.#views.get(key);
    if (view === undefined) {
      view = new View<Value>(this.#batch, () => this.#compute(key), { onWatched: () => this.#onWatched(key) });
      this.#views.set(key, view);
    }
    return view;
  }

  invalidate(key: Key): void {
    this.#views.get(key)?.invalidate();
  }

  /** Those that somebody looks at. */
  *watched(): IterableIterator<Key> {
    for (const [key, view] of this.#views) if (view.isWatched) yield key;
  }

  close(): void {
    for (const view of this.#views.values()) view.close();
  }
}
