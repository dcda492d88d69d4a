import type { UserId } from '@parley/protocol';
import type { Report } from './trouble.ts';

/** The rate of sends that the nodes are set to. */
export const SEND_RATE = { limit: 10, windowMs: 1_000 } as const;

/** Verdicts that waited for Redis come to their sends together: what half a second brings anew may pass at once with the rest. */
const SLACK = 6;

interface Bucket {
  level: number;
  atMs: number;
}

/**
 * I21: one node by itself never lets more of a user through than the policy, whatever Redis says or does. Counted apart from
 * the limiter, by what came past it.
 */
export class RateRule {
  readonly #report: Report;
  readonly #buckets = new Map<string, Bucket>();

  constructor(report: Report) {
    this.#report = report;
  }

  take(node: string, userId: UserId, nowMs: number): void {
    const key = `${node} ${userId}`;
    const bucket = this.#buckets.get(key) ?? { level: 0, atMs: nowMs };
    this.#buckets.set(key, bucket);
    const drained = ((nowMs - bucket.atMs) * SEND_RATE.limit) / SEND_RATE.windowMs;
    bucket.level = Math.max(0, bucket.level - drained) + 1;
    bucket.atMs = nowMs;
    if (bucket.level > SEND_RATE.limit + SLACK)
      this.#report('I21', `${node} let ${bucket.level.toFixed(1)} sends of ${userId} pass at once`);
  }
}
