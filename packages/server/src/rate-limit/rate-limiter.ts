import type { PolicyName } from '@parley/protocol';

/** The answer of a limiter: go on, or wait. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Counts events against policies. A verdict is a plain value where the limiter can answer by itself; the message road
 * stays free of needless waiting. A limiter never fails open: without its shared store it counts locally.
 */
export interface RateLimiter {
  /** Takes `cost` from the bucket of `key` (a user, or an address); `factor` stretches the policy for stronger roles. */
  take(policy: PolicyName, key: string, factor?: number, cost?: number): Verdict | Promise<Verdict>;
}
