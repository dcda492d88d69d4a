import type { UsageHour } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import { type Database, type Queryable, query, type Tx } from '../storage/postgres.ts';

const HOUR_MS = 3_600_000;
/** A message gets its time before it is committed; after this all of an hour are there. */
const GRACE_MS = 60_000;
/** How far back the hours are counted that a server of an earlier version has not counted. */
const MAX_BACK_HOURS = 14 * 24;
const KEPT_HOURS = 2 * 366 * 24;
/** Of all nodes one counts at a time: 'Parley, usage'. */
const USAGE_LOCK = 7_311_202_002;

/** An hour of messages, threads with their channel; a range of the index on their times. */
const COUNT = `
SELECT $1::timestamptz AS at, count(*) AS messages, count(DISTINCT sender_id) AS users, count(DISTINCT root_id) AS channels
  FROM messages WHERE created_at >= $1 AND created_at < $1::timestamptz + interval '1 hour'`;

export interface UsagePorts {
  readonly db: Database;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

/** Who used the server when. Each hour is counted once it is over, from the messages themselves; the present one when asked. */
export class Usage {
  readonly #ports: UsagePorts;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(ports: UsagePorts) {
    this.#ports = ports;
  }

  /** Counts what is over now, and every hour when it is. */
  start(): void {
    this.#running = this.settle().catch((error: unknown) => this.#ports.onFault(error));
    const now = this.#ports.clock.now();
    const delayMs = HOUR_MS - (now % HOUR_MS) + GRACE_MS;
    this.#timer = this.#ports.clock.setTimeout(() => {
      if (!this.#isClosed) this.start();
    }, delayMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  /** Counts every hour that is over and was not counted; each by a statement of its own, which may be repeated. */
  async settle(): Promise<void> {
    const last = hourOf(this.#ports.clock.now() - GRACE_MS) - HOUR_MS;
    while (!this.#isClosed && (await this.#next(last))) {
      // One hour after the other, so that a long time away holds no transaction open.
    }
  }

  /** The hours from one time to another; those in which nobody wrote have zeros. */
  async hours(sinceMs: number, untilMs: number): Promise<UsageHour[]> {
    const { db, clock } = this.#ports;
    const counted = await query<UsageHour>(
      db,
      'SELECT at, messages, users, channels FROM usage_hours WHERE at >= $1 AND at < $2 ORDER BY at',
      [new Date(hourOf(sinceMs)), new Date(untilMs)],
    );
    const byHour = new Map(counted.map((hour) => [hour.at, hour]));
    const hours: UsageHour[] = [];
    const now = clock.now();
    for (let at = hourOf(sinceMs); at < untilMs && at <= now; at += HOUR_MS) {
      const isFresh = now - at < 2 * HOUR_MS && !byHour.has(at);
      hours.push(isFresh ? await countHour(db, at) : (byHour.get(at) ?? { at, messages: 0, users: 0, channels: 0 }));
    }
    return hours;
  }

  #next(last: number): Promise<boolean> {
    return this.#ports.db.transaction().execute(async (tx) => {
      if (!(await tryLock(tx))) return false;
      const until = await readProgress(tx);
      const at = Math.max(until === null ? 0 : until + HOUR_MS, last - MAX_BACK_HOURS * HOUR_MS);
      if (at > last) return false;
      const hour = await countHour(tx, at);
      await query(
        tx,
        `INSERT INTO usage_hours (at, messages, users, channels) VALUES ($1, $2, $3, $4)
         ON CONFLICT (at) DO UPDATE SET messages = EXCLUDED.messages, users = EXCLUDED.users, channels = EXCLUDED.channels`,
        [new Date(at), hour.messages, hour.users, hour.channels],
      );
      await query(tx, 'DELETE FROM usage_hours WHERE at < $1', [new Date(at - KEPT_HOURS * HOUR_MS)]);
      return true;
    });
  }
}

function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS;
}

async function countHour(on: Queryable, at: number): Promise<UsageHour> {
  const rows = await query<UsageHour>(on, COUNT, [new Date(at)]);
  return rows[0] ?? { at, messages: 0, users: 0, channels: 0 };
}

async function readProgress(on: Queryable): Promise<number | null> {
  const rows = await query<{ at: number | null }>(on, 'SELECT max(at) AS at FROM usage_hours');
  return rows[0]?.at ?? null;
}

async function tryLock(tx: Tx): Promise<boolean> {
  const rows = await query<{ ours: boolean }>(tx, 'SELECT pg_try_advisory_xact_lock($1) AS ours', [USAGE_LOCK]);
  return rows[0]?.ours ?? false;
}
