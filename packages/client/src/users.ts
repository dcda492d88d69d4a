import type { UserId, UserView } from '@parley/protocol';
import { ParleyError, toParleyError } from './errors.ts';
import { PAGE_ITEMS } from './limits.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import { type Batch, type Store, View } from './store.ts';

/** Names asked for in one moment are fetched together. */
const GATHER_MS = 10;

interface Waiter {
  readonly resolve: (user: UserView | null) => void;
  readonly reject: (error: ParleyError) => void;
}

/** The users that this client has heard of: fetched once, in groups, and kept up to date by events. */
export class Users {
  readonly #runtime: Runtime;
  readonly #call: Call;
  readonly #batch: Batch;
  readonly #known = new Map<UserId, UserView>();
  readonly #views = new Map<UserId, View<UserView | null>>();
  readonly #wanted = new Map<UserId, Waiter[]>();
  #cancelTimer: (() => void) | null = null;

  constructor(runtime: Runtime, call: Call, batch: Batch) {
    this.#runtime = runtime;
    this.#call = call;
    this.#batch = batch;
  }

  /** The user if it is known here already. */
  peek(userId: UserId): UserView | undefined {
    return this.#known.get(userId);
  }

  /** The user as a store; null until it is known. Subscribing to it fetches it. */
  of(userId: UserId): Store<UserView | null> {
    let view = this.#views.get(userId);
    if (view === undefined) {
      view = new View<UserView | null>(this.#batch, () => this.#known.get(userId) ?? null, {
        onWatched: () => this.#fetchQuietly(userId),
      });
      this.#views.set(userId, view);
    }
    return view;
  }

  /** The user, or null when there is none with this id. */
  async get(userId: UserId): Promise<UserView | null> {
    const known = this.#known.get(userId);
    if (known !== undefined) return known;
    return new Promise((resolve, reject) => {
      const waiters = this.#wanted.get(userId);
      if (waiters === undefined) this.#wanted.set(userId, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
      this.#cancelTimer ??= this.#runtime.setTimer(() => void this.#fetch(), GATHER_MS);
    });
  }

  take(users: readonly UserView[]): void {
    for (const user of users) {
      this.#known.set(user.id, user);
      this.#views.get(user.id)?.invalidate();
    }
  }

  close(): void {
    this.#cancelTimer?.();
    for (const waiters of this.#wanted.values()) {
      for (const waiter of waiters)
        waiter.reject(new ParleyError('closed', 'unable to get a user; the client was closed'));
    }
    this.#wanted.clear();
    for (const view of this.#views.values()) view.close();
  }

  /** What a store loads by itself has nobody to tell of a failure: the next look tries again. */
  async #fetchQuietly(userId: UserId): Promise<void> {
    await this.get(userId).catch(() => {});
  }

  async #fetch(): Promise<void> {
    this.#cancelTimer = null;
    const wanted = [...this.#wanted].slice(0, PAGE_ITEMS);
    for (const [userId] of wanted) this.#wanted.delete(userId);
    if (this.#wanted.size > 0) this.#cancelTimer = this.#runtime.setTimer(() => void this.#fetch(), 0);
    try {
      const { users } = await this.#call('user.get', { userIds: wanted.map(([userId]) => userId) });
      this.#batch.run(() => this.take(users));
      for (const [userId, waiters] of wanted) {
        for (const waiter of waiters) waiter.resolve(this.#known.get(userId) ?? null);
      }
    } catch (cause) {
      const error = toParleyError(cause, 'get users');
      for (const [, waiters] of wanted) for (const waiter of waiters) waiter.reject(error);
    }
  }
}
