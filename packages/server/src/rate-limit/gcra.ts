import type { Rate } from '@parley/protocol';

/** What one key has used, as GCRA keeps it: the moment at which its bucket is full again. */
export type FullAtMs = number;

/** Sums of fractions end a hair off; waits are told in whole milliseconds, so half of one decides nothing. */
const HAIR_MS = 0.5;

export interface Take {
  readonly allowed: boolean;
  /** State to keep; unchanged by a refusal, so that asking too early costs nothing. */
  readonly fullAtMs: FullAtMs;
  /** The shortest whole wait after which the same take is allowed, if nothing else is taken meanwhile; 0 when allowed. */
  readonly retryAfterMs: number;
}

/**
 * The generic cell rate algorithm: a bucket of `limit` that refills evenly within `windowMs`. Of any stretch of L ms at most
 * `limit + L * limit / windowMs` pass. One number of state, no timers; pure arithmetic on the caller's clock.
 */
export function take(state: FullAtMs | undefined, nowMs: number, rate: Rate, cost = 1): Take {
  const perEventMs = rate.windowMs / rate.limit;
  // A cost above the limit could never pass; it takes the whole bucket instead.
  const costMs = Math.min(cost, rate.limit) * perEventMs;
  const before = Math.max(state ?? nowMs, nowMs);
  const after = before + costMs;
  const earlyMs = after - rate.windowMs - nowMs - HAIR_MS;
  if (earlyMs <= 0) return { allowed: true, fullAtMs: after, retryAfterMs: 0 };
  return { allowed: false, fullAtMs: before, retryAfterMs: Math.ceil(earlyMs) };
}
