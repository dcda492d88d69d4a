import type { PolicyName } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';
import { type FullAtMs, take } from './gcra.ts';
import type { Policies } from './policy.ts';
import type { RateLimiter, Verdict } from './rate-limiter.ts';

/** Keys remembered per policy, about 150 bytes each. Above it the longest unused are forgotten. */
const MAX_KEYS = 50_000;

/** Keys looked at per take: twice as many as a take can add, so that idle ones go faster than new ones come. */
const SWEEP_PER_TAKE = 2;

const ALLOWED: Verdict = { allowed: true };

/** Counts in this process: the limiter of a node that is alone, and of every node while Redis is away. */
export class LocalLimiter implements RateLimiter {
  readonly #policies: Policies;
  readonly #clock: Clock;
  readonly #maxKeys: number;
  /** Per policy, because its keys share a window: the longest unused key comes first, and is the first to be full again. */
  readonly #buckets = new Map<PolicyName, Map<string, FullAtMs>>();

  constructor(policies: Policies, clock: Clock, maxKeys = MAX_KEYS) {
    this.#policies = policies;
    this.#clock = clock;
    this.#maxKeys = maxKeys;
  }

  /** Keys remembered at this moment, over all policies. */
  get size(): number {
    let size = 0;
    for (const buckets of this.#buckets.values()) size += buckets.size;
    return size;
  }

  take(policy: PolicyName, key: string, factor = 1, cost = 1): Verdict {
    const { limit, windowMs } = this.#policies[policy];
    const buckets = this.#bucketsOf(policy);
    // The monotonic clock: a corrected wall clock must not lock anybody out.
    const now = this.#clock.monotonic();
    const result = take(buckets.get(key), now, { limit: limit * factor, windowMs }, cost);
    buckets.delete(key);
    buckets.set(key, result.fullAtMs);
    this.#sweep(buckets, now);
    return result.allowed ? ALLOWED : { allowed: false, retryAfterMs: result.retryAfterMs };
  }

  /** Undoes a take that somebody else refused. */
  giveBack(policy: PolicyName, key: string, factor = 1, cost = 1): void {
    const { limit, windowMs } = this.#policies[policy];
    const buckets = this.#bucketsOf(policy);
    const fullAtMs = buckets.get(key);
    const stretched = limit * factor;
    if (fullAtMs !== undefined) buckets.set(key, fullAtMs - (Math.min(cost, stretched) * windowMs) / stretched);
  }

  #bucketsOf(policy: PolicyName): Map<string, FullAtMs> {
    let buckets = this.#buckets.get(policy);
    if (buckets === undefined) {
      buckets = new Map();
      this.#buckets.set(policy, buckets);
    }
    return buckets;
  }

  /** Forgets buckets that are full again, which is the same as none, and the oldest above the bound. */
  #sweep(buckets: Map<string, FullAtMs>, now: number): void {
    let looked = 0;
    for (const [key, fullAtMs] of buckets) {
      if (++looked > SWEEP_PER_TAKE || (fullAtMs > now && buckets.size <= this.#maxKeys)) return;
      buckets.delete(key);
    }
  }
}
