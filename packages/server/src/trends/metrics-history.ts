import { HISTORY_STEPS } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import { afterEachOther, type Figures } from '../monitoring/figures.ts';
import type { Database } from '../storage/postgres.ts';
import { forgetHistory, type HistoryRow, writeHistory } from './history-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long the rows of each step are kept: long enough to see what is meant to be seen at that grain. */
export const KEPT_MS = { '10s': 6 * HOUR_MS, '1min': 14 * DAY_MS, '1h': 2 * 366 * DAY_MS } as const;
const STEPS = Object.values(HISTORY_STEPS);
const FINEST_MS = HISTORY_STEPS['10s'] * 1_000;
/** Rows kept while the database is away: an hour of the finest, with what they add up to. */
const MAX_WAITING = 450;

export interface MetricsHistoryPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly node: string;
  readonly version: string;
  /** What this node did since the last call. */
  take(): Figures;
  onFault(error: unknown): void;
}

/**
 * Keeps what this node did, in steps of 10 s, a minute and an hour. A node writes rows of its own only, each whole and as
 * often as it grows: nothing has to be rolled up afterwards, telling a row twice changes nothing, and a crash takes the
 * last 10 s at most. While the database is away the rows wait.
 */
export class MetricsHistory {
  readonly #ports: MetricsHistoryPorts;
  /** The rows of now, one for each step. */
  readonly #open = new Map<number, HistoryRow>();
  readonly #waiting = new Map<string, HistoryRow>();
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;
  #forgottenAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(ports: MetricsHistoryPorts) {
    this.#ports = ports;
  }

  start(): void {
    const now = this.#ports.clock.now();
    // At the ends of the intervals, on every node at once: rows of one time belong together.
    const delayMs = FINEST_MS - (now % FINEST_MS);
    this.#timer = this.#ports.clock.setTimeout(() => {
      if (this.#isClosed) return;
      this.#keep();
      void this.#write().then(() => this.#forget());
      this.start();
    }, delayMs);
  }

  /** Writes what there is of the interval that runs, and stops. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#writing;
    this.#keep();
    await this.#write();
  }

  /** Adds the interval that has just ended, or is being broken off, to the rows of all steps. */
  #keep(): void {
    const { clock, node, version } = this.#ports;
    const figures = this.#ports.take();
    // The middle of what was watched: a timer that fires a little late or early does not move it into the next interval.
    const middle = clock.now() - (figures.seconds * 1_000) / 2;
    for (const step of STEPS) {
      const at = Math.floor(middle / (step * 1_000)) * step * 1_000;
      const open = this.#open.get(step);
      const row: HistoryRow =
        open?.at === at ? { ...open, ...afterEachOther(open, figures) } : { ...figures, step, at, node, version };
      this.#open.set(step, row);
      this.#waiting.set(`${step} ${at}`, row);
    }
    // Of an outage that lasts, the coarse rows tell; the oldest of the fine ones go.
    for (const [key, row] of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) break;
      if (row.step === HISTORY_STEPS['10s']) this.#waiting.delete(key);
    }
  }

  async #write(): Promise<void> {
    this.#writing ??= this.#writeWaiting().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    try {
      // A row that grew while its statement ran stays, and goes with the next one.
      while (this.#waiting.size > 0) {
        const rows = new Map(this.#waiting);
        await writeHistory(this.#ports.db, [...rows.values()]);
        for (const [key, row] of rows) if (this.#waiting.get(key) === row) this.#waiting.delete(key);
      }
    } catch (error) {
      this.#ports.onFault(error);
    }
  }

  async #forget(): Promise<void> {
    const { clock, db } = this.#ports;
    if (clock.monotonic() - this.#forgottenAt < HOUR_MS || this.#waiting.size > 0) return;
    this.#forgottenAt = clock.monotonic();
    try {
      for (const step of ['10s', '1min', '1h'] as const) {
        await forgetHistory(db, HISTORY_STEPS[step], clock.now() - KEPT_MS[step]);
      }
    } catch (error) {
      this.#ports.onFault(error);
    }
  }
}
