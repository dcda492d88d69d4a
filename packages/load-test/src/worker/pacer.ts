import { nowMs } from '../clock.ts';

/** A timer is a millisecond late by its nature; what is later than this is the program's delay and counts. */
const GRAIN_MS = 1.5;

/** Many intervals that are added up miss the end by less than this, and one message too many would be due. */
const ROUNDING_MS = 1e-3;

/** When messages are due: from a moment on, for so long, at a rate that may move. */
export interface Pace {
  readonly startMs: number;
  readonly durationMs: number;
  /** Messages a second of this worker. */
  readonly rate: number;
  /** Its place among the workers, 0 to 1, for they take turns; none where there is one. */
  readonly offset?: number;
  /** By how much the rate is greater or smaller at a moment; steady without it. */
  factorAt?(elapsedMs: number): number;
}

/**
 * The open loop: each message has a moment at which it is due, whatever became of those before. What is late is sent all the
 * same, and its time counts from when it was due, so that a server that stalls pays for every message it made wait.
 */
export class Pacer {
  readonly #pace: Pace;
  readonly #send: (dueMs: number) => void;
  readonly #onDone: () => void;
  #nextMs: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(pace: Pace, send: (dueMs: number) => void, onDone: () => void) {
    this.#pace = pace;
    this.#send = send;
    this.#onDone = onDone;
    this.#nextMs = pace.startMs;
    this.#nextMs += this.#intervalAt(pace.startMs) * (pace.offset ?? 0);
    this.#wait(nowMs());
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #intervalAt(atMs: number): number {
    const factor = this.#pace.factorAt?.(atMs - this.#pace.startMs) ?? 1;
    return 1_000 / (this.#pace.rate * factor);
  }

  #tick(): void {
    const now = nowMs();
    const endMs = this.#pace.startMs + this.#pace.durationMs - ROUNDING_MS;
    while (this.#nextMs <= now && this.#nextMs < endMs) {
      this.#send(now - this.#nextMs < GRAIN_MS ? now : this.#nextMs);
      this.#nextMs += this.#intervalAt(this.#nextMs);
    }
    if (this.#nextMs < endMs) return this.#wait(now);
    this.#timer = null;
    this.#onDone();
  }

  #wait(now: number): void {
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(this.#nextMs - now)));
  }
}
