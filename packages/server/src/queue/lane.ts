import { AppError } from '../lib/app-error.ts';
import type { SendEntry, Settle } from './send-entry.ts';

const EXPIRED_RETRY_MS = 1_000;

/** An entry of the queue, and who is to be told how it ends. */
export interface Waiting {
  readonly entry: SendEntry;
  readonly settle: Settle;
  /** True once a try ended without an answer: such an entry must never be called expired, it may be stored. */
  maybeCommitted: boolean;
}

/** One strictly ordered part of the queue: what is in the writer's hands, and what waits behind it. */
export class Lane {
  #waiting: Waiting[] = [];
  #inFlight: Waiting[] = [];
  /** Some of it is being written, or will be tried again in a moment: nothing else of it may be. */
  isBusy = false;

  get depth(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  /** Entries behind those that are being written. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** When the oldest entry was accepted; undefined where there is none. */
  get oldestAt(): number | undefined {
    return (this.#inFlight[0] ?? this.#waiting[0])?.entry.acceptedAt;
  }

  add(entry: SendEntry, settle: Settle): void {
    this.#waiting.push({ entry, settle, maybeCommitted: false });
  }

  /** Gives the first entries, at most so many, into the writer's hands. */
  take(most: number): readonly Waiting[] {
    this.#inFlight = this.#waiting.splice(0, most);
    return this.#inFlight;
  }

  /** What was in the writer's hands has been settled. */
  finish(): void {
    this.#inFlight = [];
  }

  /** What was in the writer's hands is first in the lane again. */
  putBack(): void {
    this.#waiting = [...this.#inFlight, ...this.#waiting];
    this.#inFlight = [];
  }

  /** Answers the entries that wait and were accepted before. */
  expire(oldestAllowed: number): void {
    const first = this.#waiting[0];
    if (first === undefined || first.entry.acceptedAt >= oldestAllowed) return;
    const expired = this.#waiting.filter((waiting) => waiting.entry.acceptedAt < oldestAllowed);
    this.#waiting = this.#waiting.filter((waiting) => waiting.entry.acceptedAt >= oldestAllowed);
    for (const waiting of expired) waiting.settle(expiry(waiting));
  }
}

function expiry(waiting: Waiting): AppError {
  const details = { retryAfterMs: EXPIRED_RETRY_MS };
  return waiting.maybeCommitted
    ? new AppError('unavailable', 'unable to say whether the message was stored; repeat it with the same id', details)
    : new AppError('expired', 'unable to store the message in time; it was not stored', details);
}
