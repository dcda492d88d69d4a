import type { PolicyName } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';

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

/** Throws `rate_limited` for a refusal. */
export function demandVerdict(verdict: Verdict, task: string): void {
  if (verdict.allowed) return;
  throw new AppError('rate_limited', `unable to ${task}; too many of them`, {
    retryAfterMs: Math.ceil(verdict.retryAfterMs),
  });
}
