import type { UserId } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';
import { combine, type DeviceState } from './presence.ts';
import { type Beat, LEASE_MS, type PresenceStore } from './presence-store.ts';

interface NodeEntry {
  livesUntil: number;
  readonly users: Map<UserId, DeviceState>;
}

/** What nodes in one process share: one for a node that is alone, several in tests and simulations. */
export type PresenceNodes = Map<string, NodeEntry>;

/** Presence in this process's memory. */
export class MemoryPresenceStore implements PresenceStore {
  readonly #nodes: PresenceNodes;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #own = new Map<UserId, DeviceState>();
  #others: ReadonlySet<string> = new Set();

  constructor(name: string, clock: Clock, nodes: PresenceNodes = new Map()) {
    this.#name = name;
    this.#clock = clock;
    this.#nodes = nodes;
  }

  write(changes: ReadonlyMap<UserId, DeviceState | null>): Promise<void> {
    const entry = this.#enter();
    for (const [userId, state] of changes) {
      for (const users of [this.#own, entry.users]) {
        if (state === null) users.delete(userId);
        else users.set(userId, state);
      }
    }
    return Promise.resolve();
  }

  read(userIds: readonly UserId[]): Promise<Map<UserId, DeviceState>> {
    const now = this.#clock.monotonic();
    const others = [...this.#nodes].filter(([name, node]) => name !== this.#name && node.livesUntil > now);
    // A node never doubts itself, however long its process was held up.
    const known = [this.#own, ...others.map(([, node]) => node.users)];
    const found = new Map<UserId, DeviceState>();
    for (const userId of userIds) {
      const state = combine(known.map((users) => users.get(userId)).filter((one) => one !== undefined));
      if (state !== null) found.set(userId, state);
    }
    return Promise.resolve(found);
  }

  beat(): Promise<Beat> {
    const lost = this.#nodes.has(this.#name) ? [] : [...this.#own.keys()];
    this.#enter();
    const now = this.#clock.monotonic();
    for (const [name, node] of this.#nodes) {
      if (node.livesUntil > now) continue;
      lost.push(...node.users.keys());
      this.#nodes.delete(name);
    }
    const others = new Set([...this.#nodes.keys()].filter((name) => name !== this.#name));
    const hasLostNode = [...this.#others].some((name) => !others.has(name));
    this.#others = others;
    return Promise.resolve({ lost, isUnsure: false, hasLostNode });
  }

  leave(): Promise<void> {
    this.#nodes.delete(this.#name);
    this.#own.clear();
    return Promise.resolve();
  }

  #enter(): NodeEntry {
    let entry = this.#nodes.get(this.#name);
    if (entry === undefined) {
      entry = { livesUntil: 0, users: new Map(this.#own) };
      this.#nodes.set(this.#name, entry);
    }
    entry.livesUntil = this.#clock.monotonic() + LEASE_MS;
    return entry;
  }
}
