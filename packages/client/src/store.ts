/** A value that can be read at any time and tells when it has changed. The same value is the same object until it changes. */
export interface Store<Value> {
  readonly getSnapshot: () => Value;
  /** Calls `listener` after each change; returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Holds notices back while many changes are made, so that listeners see only the end of them. */
export class Batch {
  #depth = 0;
  readonly #waiting = new Set<View<unknown>>();

  /** Runs `work`; the views that it changes tell their listeners once, after it. */
  run<Result>(work: () => Result): Result {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#flush();
    }
  }

  /** Lets a view tell its listeners, now or at the end of the running batch. */
  notify(view: View<unknown>): void {
    this.#waiting.add(view);
    if (this.#depth === 0) this.#flush();
  }

  #flush(): void {
    for (const view of this.#waiting) {
      this.#waiting.delete(view);
      view.tell();
    }
  }
}

export interface ViewOptions {
  /** Called when the first listener comes: the moment to load what the view shows. Returns what to do when the last one goes. */
  readonly onWatched?: () => (() => void) | Promise<void>;
}

/** A store whose value is computed when it is read, and kept until `invalidate`. */
export class View<Value> implements Store<Value> {
  readonly #batch: Batch;
  readonly #compute: (previous: Value | undefined) => Value;
  readonly #options: ViewOptions;
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #value: Value | undefined;
  #isFresh = false;
  #onUnwatched: (() => void) | undefined = undefined;

  constructor(batch: Batch, compute: (previous: Value | undefined) => Value, options: ViewOptions = {}) {
    this.#batch = batch;
    this.#compute = compute;
    this.#options = options;
  }

  readonly getSnapshot = (): Value => {
    if (!this.#isFresh) {
      this.#value = this.#compute(this.#value);
      this.#isFresh = true;
    }
    return this.#value as Value;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    // One function may be subscribed twice, each with its own end.
    const entry = { call: listener };
    this.#listeners.add(entry);
    if (this.#listeners.size === 1) this.#startWatch();
    return () => {
      if (!this.#listeners.delete(entry) || this.#listeners.size > 0) return;
      this.#onUnwatched?.();
      this.#onUnwatched = undefined;
    };
  };

  #startWatch(): void {
    const end = this.#options.onWatched?.();
    if (typeof end === 'function') this.#onUnwatched = end;
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Says that the value may be another one now. */
  invalidate(): void {
    this.#isFresh = false;
    if (this.#listeners.size > 0) this.#batch.notify(this as View<unknown>);
  }

  /** Calls the listeners; only a batch does this. */
  tell(): void {
    for (const listener of Array.from(this.#listeners)) callSafely(listener.call);
  }

  /** Forgets all listeners. */
  close(): void {
    this.#listeners.clear();
    this.#onUnwatched?.();
    this.#onUnwatched = undefined;
  }
}

/** Calls a listener of the application: what it throws is reported as uncaught and does not stop the client. */
export function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
