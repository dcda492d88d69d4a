/** A first retry comes within this long. */
const BASE_MS = 500;
/** No wait is longer than this, whatever the attempt. */
const CAP_MS = 15_000;
/** A server that asks for patience is not met by everybody in the same moment. */
const SPREAD_MS = 1_000;

/**
 * How long to wait before attempt number `attempt` (0 is the first retry). Full jitter, applied after the cap: jitter before
 * it would let a fleet of clients meet again at the cap in step.
 */
export function retryDelayMs(attempt: number, source: { random(): number }, leastMs = 0): number {
  const ceilingMs = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  const delayMs = source.random() * ceilingMs;
  if (leastMs <= 0) return Math.round(delayMs);
  return Math.round(leastMs + Math.min(delayMs, SPREAD_MS));
}

/** Reads the `retryAfterMs` that a close reason may hold, as a number or inside JSON. */
export function retryAfterMsIn(reason: string): number {
  const digits = /\d+/.exec(reason)?.[0];
  return digits === undefined ? 0 : Math.min(Number(digits), 600_000);
}
