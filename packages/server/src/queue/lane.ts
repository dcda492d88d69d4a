import type { QueueConfig } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { AwayError, type LaneConsumer } from './message-queue.ts';
import type { SendEntry, Settle } from './send-entry.ts';

/** Wait between tries while the database is away: short, because sends wait for it, and doubling to spare the server. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;
const EXPIRED_RETRY_MS = 1_000;

interface Waiting {
  readonly entry: SendEntry;
  readonly settle: Settle;
  /** True once a try ended without an answer: such an entry must never be called expired, it may be stored. */
  maybeCommitted: boolean;
}

/** One strictly ordered part of the queue: a batch is in the writer's hands, the rest waits behind it. */
export class Lane {
  readonly #config: QueueConfig;
  readonly #clock: Clock;
  #consumer: LaneConsumer | null = null;
  #waiting: Waiting[] = [];
  #inFlight: Waiting[] = [];
  #running = false;
  #stopped = false;

  constructor(config: QueueConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  get depth(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  get oldestAgeMs(): number {
    const oldest = this.#inFlight[0] ?? this.#waiting[0];
    return oldest === undefined ? 0 : Math.max(0, this.#clock.now() - oldest.entry.acceptedAt);
  }

  add(entry: SendEntry, settle: Settle): void {
    this.#waiting.push({ entry, settle, maybeCommitted: false });
    this.#wake();
  }

  start(consumer: LaneConsumer): void {
    this.#consumer = consumer;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Answers the entries that wait longer than the retention period. */
  expire(): void {
    const oldestAllowed = this.#clock.now() - this.#config.retentionPeriod;
    const first = this.#waiting[0];
    if (first === undefined || first.entry.acceptedAt >= oldestAllowed) return;
    const expired = this.#waiting.filter((waiting) => waiting.entry.acceptedAt < oldestAllowed);
    this.#waiting = this.#waiting.filter((waiting) => waiting.entry.acceptedAt >= oldestAllowed);
    for (const waiting of expired) waiting.settle(expiry(waiting));
  }

  #wake(): void {
    if (this.#running || this.#consumer === null || this.#waiting.length === 0) return;
    this.#running = true;
    // The rest of this turn's sends join the first batch.
    queueMicrotask(() => void this.#run(this.#consumer));
  }

  async #run(consumer: LaneConsumer | null): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (consumer !== null && this.#waiting.length > 0 && !this.#stopped) {
      this.#inFlight = this.#waiting.splice(0, this.#config.batchSize);
      const committed = await this.#tryOnce(consumer);
      if (committed) retryMs = FIRST_RETRY_MS;
      else {
        await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, retryMs));
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
    this.#running = false;
  }

  /** Returns false when the database is away; the batch is then first in the lane again. */
  async #tryOnce(consumer: LaneConsumer): Promise<boolean> {
    const batch = this.#inFlight;
    try {
      const outcomes = await consumer(batch.map((waiting) => waiting.entry));
      this.#inFlight = [];
      batch.forEach((waiting, index) => {
        const outcome =
          outcomes[index] ?? new AppError('internal', 'unable to send the message; the writer gave no outcome');
        if (outcome instanceof Promise) void outcome.then(waiting.settle);
        else waiting.settle(outcome);
      });
      return true;
    } catch (error) {
      this.#inFlight = [];
      const maybeCommitted = !(error instanceof AwayError) || error.maybeCommitted;
      for (const waiting of batch) waiting.maybeCommitted ||= maybeCommitted;
      this.#waiting = [...batch, ...this.#waiting];
      this.expire();
      return false;
    }
  }
}

function expiry(waiting: Waiting): AppError {
  const details = { retryAfterMs: EXPIRED_RETRY_MS };
  return waiting.maybeCommitted
    ? new AppError('unavailable', 'unable to say whether the message was stored; repeat it with the same id', details)
    : new AppError('expired', 'unable to store the message in time; it was not stored', details);
}
