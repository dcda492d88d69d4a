import type { UserId, UserView } from '@parley/protocol';
import { PAGE_ITEMS } from './limits.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import type { Batch, Store } from './store.ts';
import { ViewMap } from './view-map.ts';

/** Names asked for in one moment are fetched together. */
const GATHER_MS = 10;
/** After a connect, names are asked for again within this: everybody may be coming back at once. */
const SPREAD_MS = 5_000;

/** Users that are fetched together. */
interface Group {
  readonly userIds: Set<UserId>;
  readonly fetched: Promise<void>;
  start(): void;
}

/** The users that this client has heard of: fetched once for each connection, in groups, and kept up to date by events. */
export class Users {
  readonly #runtime: Runtime;
  readonly #call: Call;
  readonly #batch: Batch;
  readonly #known = new Map<UserId, UserView>();
  /** Of whom it is known what this connection would tell; while there was none, others may have got another name. */
  readonly #fresh = new Set<UserId>();
  readonly #views: ViewMap<UserId, UserView | null>;
  #group: Group | null = null;
  #cancelRefresh = (): void => {};

  constructor(runtime: Runtime, call: Call, batch: Batch) {
    this.#runtime = runtime;
    this.#call = call;
    this.#batch = batch;
    this.#views = new ViewMap(
      batch,
      (userId) => this.#known.get(userId) ?? null,
      (userId) => this.#fetchQuietly(userId),
    );
  }

  /** The user if it is known here already. */
  peek(userId: UserId): UserView | undefined {
    return this.#known.get(userId);
  }

  /** The user as a store; null until it is known. Subscribing to it fetches it. */
  of(userId: UserId): Store<UserView | null> {
    return this.#views.of(userId);
  }

  /** The user, or null when there is none with this id. */
  async get(userId: UserId): Promise<UserView | null> {
    if (!this.#known.has(userId)) await this.#ask(userId);
    return this.#known.get(userId) ?? null;
  }

  take(users: readonly UserView[]): void {
    for (const user of users) {
      this.#known.set(user.id, user);
      this.#fresh.add(user.id);
      this.#views.invalidate(user.id);
    }
  }

  /** There is a connection: names that somebody looks at are asked for, those that are not known at once. */
  online(): void {
    this.#fresh.clear();
    for (const userId of this.#views.watched()) if (!this.#known.has(userId)) void this.#fetchQuietly(userId);
    this.#cancelRefresh();
    this.#cancelRefresh = this.#runtime.setTimer(() => {
      for (const userId of this.#views.watched()) void this.#fetchQuietly(userId);
    }, this.#runtime.random() * SPREAD_MS);
  }

  /** Whoever still waits for a name gets the refusal of a closed client at once. */
  close(): void {
    this.#cancelRefresh();
    this.#group?.start();
    this.#views.close();
  }

  /** What a store loads by itself has nobody to tell of a failure: the next look tries again. */
  async #fetchQuietly(userId: UserId): Promise<void> {
    if (!this.#fresh.has(userId)) await this.#ask(userId).catch(() => {});
  }

  #ask(userId: UserId): Promise<void> {
    this.#group ??= this.#gather();
    this.#group.userIds.add(userId);
    return this.#group.fetched;
  }

  #gather(): Group {
    const userIds = new Set<UserId>();
    let start = (): void => {};
    const begun = new Promise<void>((resolve) => {
      const cancel = this.#runtime.setTimer(resolve, GATHER_MS);
      start = () => {
        cancel();
        resolve();
      };
    });
    return { userIds, fetched: begun.then(() => this.#fetch([...userIds])), start };
  }

  async #fetch(userIds: readonly UserId[]): Promise<void> {
    this.#group = null;
    for (let from = 0; from < userIds.length; from += PAGE_ITEMS) {
      const { users } = await this.#call('user.get', { userIds: userIds.slice(from, from + PAGE_ITEMS) });
      this.#batch.run(() => this.take(users));
    }
  }
}
