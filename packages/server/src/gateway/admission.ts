import type { Rate } from '@parley/protocol';
import type { RateLimiter } from '../rate-limit/rate-limiter.ts';

/** Why an upgrade was not granted: an HTTP status and, where waiting helps, for how long. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 426 | 429 | 503;
  readonly code: string;
  readonly retryAfterMs?: number;
}

/** The bucket of connects of this whole node: after an outage everybody comes back at once, and must be let in in turn. */
export class ConnectBucket {
  readonly #rate: Rate;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, nowMs: () => number) {
    this.#rate = rate;
    this.#nowMs = nowMs;
    this.#tokens = rate.limit;
    this.#filledAt = nowMs();
  }

  /** Takes one place; returns 0, or how long to wait for one in milliseconds. */
  take(): number {
    const now = this.#nowMs();
    const perMs = this.#rate.limit / this.#rate.windowMs;
    this.#tokens = Math.min(this.#rate.limit, this.#tokens + (now - this.#filledAt) * perMs);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) / perMs);
  }
}

export type ConnectLimiter = Pick<RateLimiter, 'take'>;
