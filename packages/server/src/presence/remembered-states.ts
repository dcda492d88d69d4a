import type { UserId } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';
import type { DeviceState } from './presence.ts';

/** What was read longer ago says nothing any more; whoever is watched is read at least every half minute. */
const MAX_AGE_MS = 60_000;
/** Users remembered, about 150 bytes each. */
const MAX_USERS = 50_000;

interface Remembered {
  readonly state: DeviceState;
  readonly atMs: number;
}

/** What was last read of users of other nodes, for the moments in which it cannot be read. */
export class RememberedStates {
  readonly #clock: Clock;
  readonly #states = new Map<UserId, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what was read; the longest unread are forgotten above the bound. */
  keep(userId: UserId, state: DeviceState | null): void {
    this.#states.delete(userId);
    if (state === null) return;
    this.#states.set(userId, { state, atMs: this.#clock.monotonic() });
    if (this.#states.size <= MAX_USERS) return;
    const oldest = this.#states.keys().next();
    if (!oldest.done) this.#states.delete(oldest.value);
  }

  /** Where a user was, if that was read in the minute before `beforeMs`. */
  recall(userId: UserId, beforeMs: number): DeviceState | null {
    const known = this.#states.get(userId);
    return known === undefined || known.atMs < beforeMs - MAX_AGE_MS ? null : known.state;
  }

  /** Forgets everything; false when there was nothing. */
  forget(): boolean {
    const knewSomebody = this.#states.size > 0;
    this.#states.clear();
    return knewSomebody;
  }
}
