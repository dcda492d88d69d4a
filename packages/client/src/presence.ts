import type { PresenceData, RequestOf, UserId } from '@parley/protocol';
import { PRESENCE_USERS } from './limits.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import type { Batch, Store } from './store.ts';
import { ViewMap } from './view-map.ts';

/** Watches of one moment (a list that is drawn) make one command. */
const GATHER_MS = 50;
const RETRY_MS = 5_000;

export interface PresencePorts {
  readonly call: Call;
  readonly batch: Batch;
  onPresence(presence: readonly PresenceData[]): void;
}

/** Where people are: only of those who are watched, first their states, then each change. */
export class Presence {
  readonly #runtime: Runtime;
  readonly #ports: PresencePorts;
  readonly #watchers = new Map<UserId, number>();
  readonly #states = new Map<UserId, PresenceData>();
  readonly #views: ViewMap<UserId, PresenceData | null>;
  #cancelTimer: (() => void) | null = null;
  #isOnline = false;

  constructor(runtime: Runtime, ports: PresencePorts) {
    this.#runtime = runtime;
    this.#ports = ports;
    this.#views = new ViewMap(
      ports.batch,
      (userId) => this.#states.get(userId) ?? null,
      (userId) => this.watch([userId]),
    );
  }

  /** What is known of a user; null while it is not. Subscribing to it watches the user. */
  of(userId: UserId): Store<PresenceData | null> {
    return this.#views.of(userId);
  }

  /** Watches users until the returned function is called. At most 200 at a time are told; the rest wait for room. */
  watch(userIds: readonly UserId[]): () => void {
    for (const userId of userIds) this.#watchers.set(userId, (this.#watchers.get(userId) ?? 0) + 1);
    this.#arm(GATHER_MS);
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      for (const userId of userIds) {
        const count = (this.#watchers.get(userId) ?? 1) - 1;
        if (count > 0) this.#watchers.set(userId, count);
        else this.#watchers.delete(userId);
      }
      this.#arm(GATHER_MS);
    };
  }

  /** Sets this device's state, or the user's availability and status text. */
  async set(state: RequestOf<'presence.set'>): Promise<void> {
    await this.#ports.call('presence.set', state);
  }

  take(presence: readonly PresenceData[]): void {
    for (const data of presence) {
      this.#states.set(data.userId, data);
      this.#views.invalidate(data.userId);
    }
    if (presence.length > 0) this.#ports.onPresence(presence);
  }

  online(): void {
    this.#isOnline = true;
    if (this.#watchers.size > 0) this.#arm(0);
  }

  /** Without a connection nobody's presence is known. */
  lost(): void {
    this.#isOnline = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const userId of this.#states.keys()) this.#forget(userId);
  }

  close(): void {
    this.lost();
    this.#views.close();
  }

  #arm(delayMs: number): void {
    if (!this.#isOnline || this.#cancelTimer !== null) return;
    this.#cancelTimer = this.#runtime.setTimer(() => {
      this.#cancelTimer = null;
      void this.#tell();
    }, delayMs);
  }

  async #tell(): Promise<void> {
    const userIds = [...this.#watchers.keys()].slice(0, PRESENCE_USERS);
    try {
      const { presence } = await this.#ports.call('presence.watch', { userIds });
      if (!this.#isOnline) return;
      const watched = new Set(userIds);
      for (const userId of this.#states.keys()) if (!watched.has(userId)) this.#forget(userId);
      this.take(presence);
    } catch {
      this.#arm(RETRY_MS);
    }
  }

  #forget(userId: UserId): void {
    this.#states.delete(userId);
    this.#views.invalidate(userId);
  }
}
