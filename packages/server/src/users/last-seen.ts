import type { Clock, Timer } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { touchKeys } from './key-store.ts';
import { touchSessions } from './session-store.ts';

/** Last uses are kept to the minute: a row is not rewritten for every request. */
const RESOLUTION_MS = 60_000;
const FLUSH_MS = 5_000;
/** Credentials that may wait; with more, those of the moment are forgotten, and the next use of each tells again. */
const MAX_WAITING = 50_000;
/** Rows of one statement. */
const BATCH = 1_000;

export interface LastSeenPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly sessionMs: number;
  onFault(error: unknown): void;
}

/** Writes behind when sessions and keys were last used, at most once a minute for each; a use moves a session's end. */
export class LastSeen {
  readonly #ports: LastSeenPorts;
  readonly #timer: Timer;
  #sessions = new Map<string, number>();
  #keys = new Map<string, number>();
  #flushing: Promise<void> = Promise.resolve();

  constructor(ports: LastSeenPorts) {
    this.#ports = ports;
    this.#timer = ports.clock.setInterval(() => void this.flush(), FLUSH_MS);
  }

  /** Notes a use now; `lastSeenAt` is what the database has. */
  note(credential: 'session' | 'key', id: string, lastSeenAt: number | null): void {
    const now = this.#ports.clock.now();
    if (lastSeenAt !== null && now - lastSeenAt < RESOLUTION_MS) return;
    const waiting = credential === 'session' ? this.#sessions : this.#keys;
    if (waiting.size < MAX_WAITING) waiting.set(id, now);
  }

  /** Writes what waits. A failure loses no more than minutes of precision, so it is told and not repeated. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write()).catch((error: unknown) => this.#ports.onFault(error));
    return this.#flushing;
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await this.flush();
  }

  async #write(): Promise<void> {
    const { db, sessionMs } = this.#ports;
    const sessions = [...this.#sessions].map(([id, seenAtMs]) => ({ id, seenAtMs, expiresAtMs: seenAtMs + sessionMs }));
    const keys = [...this.#keys].map(([id, seenAtMs]) => ({ id, seenAtMs }));
    this.#sessions = new Map();
    this.#keys = new Map();
    for (let from = 0; from < sessions.length; from += BATCH) {
      await touchSessions(db, sessions.slice(from, from + BATCH));
    }
    for (let from = 0; from < keys.length; from += BATCH) await touchKeys(db, keys.slice(from, from + BATCH));
  }
}
