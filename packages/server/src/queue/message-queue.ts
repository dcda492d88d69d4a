import type { AppError } from '../lib/app-error.ts';
import type { SendEntry, SendOutcome, Settle } from './send-entry.ts';

/**
 * What drains the queue: makes a batch facts and says how each entry ended, in the entries' order. It throws an
 * `AwayError` when the database is away; the queue then keeps the batch and tries again.
 */
export type Consumer = (batch: readonly SendEntry[]) => Promise<SendOutcome[]>;

/** The same for a lane: an outcome that is a promise comes later, and the next batch need not wait for it. */
export type LaneConsumer = (batch: readonly SendEntry[]) => Promise<(SendOutcome | Promise<SendOutcome>)[]>;

/** The database is away. `maybeCommitted`: the batch may have been committed with its answer lost. */
export class AwayError extends Error {
  readonly maybeCommitted: boolean;

  constructor(maybeCommitted: boolean, cause: unknown) {
    super('unable to commit; the database is away', { cause });
    this.name = 'AwayError';
    this.maybeCommitted = maybeCommitted;
  }
}

export interface QueueStats {
  /** Entries that wait or are being written. */
  readonly depth: number;
  /** Milliseconds the oldest of them has waited. */
  readonly oldestAgeMs: number;
}

/**
 * Holds accepted sends before the writer: bounded, in order per channel. Every entry that `enqueue` accepts is settled
 * exactly once.
 */
export interface MessageQueue {
  /** Accepts an entry, or returns the error to answer with (`busy` above `maxSize`, `draining` after `drain`). */
  enqueue(entry: SendEntry, settle: Settle): AppError | undefined;
  /** Starts to feed the consumer. A batch is never waited for: it forms while the previous one is committed. */
  start(consumer: Consumer): void;
  stats(): QueueStats;
  /** Refuses new entries and resolves when all accepted ones are settled or the deadline has passed. */
  drain(deadlineMs: number): Promise<void>;
}
