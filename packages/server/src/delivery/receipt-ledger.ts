import type { ChannelId, UserId } from '@parley/protocol';
import type pg from 'pg';
import { AppError } from '../lib/app-error.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { errorCode, isAway, isRetryableError } from '../storage/postgres.ts';
import { type ChannelMove, type Pending, storeReports } from './receipt-statement.ts';
import { mergeReports, ownReadSeq, type Report } from './receipts.ts';
import type { Membership } from './unread.ts';

/** Time between two flushes: what comes in meanwhile costs one row per member and channel, however many messages it spans. */
const FLUSH_PERIOD_MS = 500;
/** After a quiet time a report is stored this soon, so that a badge vanishes on all devices at once. */
const GATHER_MS = 20;
/** Rows per statement: about 10 ms, so that no statement holds its row locks for long. */
const FLUSH_ROWS = 2_000;
/** Member and channel pairs that may wait, about 300 bytes each; more only come together while the database is away. */
const MAX_PAIRS = 100_000;
const BUSY_RETRY_MS = 2_000;
const STATEMENT_TIMEOUT = '57014';

export interface ReceiptLedgerPorts {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  /**
   * Called after each statement with those whose place it moved by what they reported, and with those whose own devices may
   * have another picture: the statement moved them behind what they sent, or an earlier one may have, and was not told.
   */
  onMoved(moves: readonly ChannelMove[], unsure: readonly Membership[]): Promise<void>;
  onError(error: unknown): void;
}

/**
 * Gathers receipts in memory and stores them in batches. A receipt only ever says "at least so far", so it can be merged,
 * repeated and, at worst, lost: then a badge shows again until the next one.
 */
export class ReceiptLedger {
  readonly #ports: ReceiptLedgerPorts;
  readonly #maxPairs: number;
  /** By channel and user: a key of both ids together would have to be made, and hashed, for every report. */
  #pending = new Map<ChannelId, Map<UserId, Pending>>();
  #depth = 0;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #lastFlushAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(ports: ReceiptLedgerPorts, maxPairs: number = MAX_PAIRS) {
    this.#ports = ports;
    this.#maxPairs = maxPairs;
  }

  /** Member and channel pairs that wait for the database. */
  get depth(): number {
    return this.#depth;
  }

  /** Takes a report, or returns the error to answer with when too many wait already. */
  report(userId: UserId, channelId: ChannelId, report: Report): AppError | undefined {
    if (this.#depth >= this.#maxPairs && this.#pending.get(channelId)?.has(userId) !== true) {
      return new AppError('busy', 'unable to take the receipt; too many wait for the database', {
        retryAfterMs: BUSY_RETRY_MS,
      });
    }
    this.#add(userId, channelId, report);
    this.#arm();
    return undefined;
  }

  /** Stores all that was reported before the call; rejects when the database did not take it, which then stays. */
  async flush(): Promise<void> {
    // A run that has begun may have passed by what this call must see stored.
    while (this.#running !== null) await this.#running.catch(() => {});
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#depth === 0) return;
    this.#lastFlushAt = this.#ports.clock.monotonic();
    this.#running = this.#storeAll().finally(() => {
      this.#running = null;
      this.#arm();
    });
    await this.#running;
  }

  /** Stores what waits, as far as the database takes it, and arms no timer again. */
  async drain(): Promise<void> {
    this.#closed = true;
    await this.flush().catch((error: unknown) => this.#ports.onError(error));
    this.#timer?.cancel();
  }

  #arm(): void {
    if (this.#closed || this.#timer !== null || this.#running !== null || this.#depth === 0) return;
    const { clock } = this.#ports;
    const delayMs = Math.max(GATHER_MS, this.#lastFlushAt + FLUSH_PERIOD_MS - clock.monotonic());
    this.#timer = clock.setTimeout(() => {
      this.flush().catch((error: unknown) => this.#ports.onError(error));
    }, delayMs);
  }

  async #storeAll(): Promise<void> {
    const taken = [...this.#pending.values()].flatMap((users) => [...users.values()]);
    this.#pending = new Map();
    this.#depth = 0;
    for (let start = 0; start < taken.length; start += FLUSH_ROWS) {
      const rows = taken.slice(start, start + FLUSH_ROWS);
      try {
        await this.#tell(rows, await storeReports(this.#ports.pool, rows));
      } catch (error) {
        if (!mayPass(error)) this.#ports.onError(error);
        else {
          this.#addAgain(taken.slice(start));
          throw error;
        }
      }
    }
  }

  /** What cannot be told now is told after the next statement; the reports themselves are stored. */
  async #tell(rows: readonly Pending[], moves: readonly ChannelMove[]): Promise<void> {
    // That one has what one has sent oneself, others see from the message. One's own devices may have been told an older
    // place after it.
    const silent = new Map(rows.filter(isSilent).map((row) => [row.channelId, new Set<UserId>()]));
    for (const row of rows) if (isSilent(row)) silent.get(row.channelId)?.add(row.userId);
    const isLoud = (move: ChannelMove) => silent.get(move.channelId)?.has(move.userId) !== true;
    const quiet = moves.filter((move) => !isLoud(move) && ownReadSeq(move.before) !== ownReadSeq(move.after));
    try {
      await this.#ports.onMoved(moves.filter(isLoud), [...rows.filter((row) => row.isUnsure), ...quiet]);
    } catch (error) {
      if (mayPass(error)) this.#addAgain(rows);
      else this.#ports.onError(error);
    }
  }

  /** Keeps what may be stored already, so that its next statement moves nothing, and whose users were not told. */
  #addAgain(rows: readonly Pending[]): void {
    for (const { userId, channelId, report } of rows) this.#add(userId, channelId, report).isUnsure = true;
  }

  #add(userId: UserId, channelId: ChannelId, report: Report): Pending {
    let users = this.#pending.get(channelId);
    if (users === undefined) {
      users = new Map();
      this.#pending.set(channelId, users);
    }
    const known = users.get(userId);
    if (known !== undefined) {
      known.report = mergeReports(known.report, report);
      return known;
    }
    const pending = { userId, channelId, report, isUnsure: false };
    users.set(userId, pending);
    this.#depth += 1;
    return pending;
  }
}

/** True for who has reported nothing and only sent something. */
function isSilent({ report }: Pending): boolean {
  return report.delivered === 0 && report.read === 0;
}

/** True for errors that say nothing about the rows: the same statement may pass later. Others would fail for ever. */
function mayPass(error: unknown): boolean {
  return isAway(error) || isRetryableError(error) || errorCode(error) === STATEMENT_TIMEOUT;
}
