import type { Loop } from './loop.ts';

/** Below this share the loop has time to spare, and a flush per turn gives the lowest latency. */
const IDLE_SHARE = 0.5;
/** From this share on every saved write counts, and the window is at its widest. */
const FULL_SHARE = 0.9;
/** Timers have a resolution of a millisecond: a shorter wait is the next turn. */
const MIN_TIMER_MS = 0.5;

/** How long a busy loop reads on, while input keeps coming, before a cycle begins: what arrives together leaves together. */
const MAX_SETTLE_MS = 0.5;

/**
 * The shortest time between the starts of two flush cycles: nothing while the loop is mostly idle, growing to `maxMs`
 * when it is busy, because a write costs the same for one frame and for twenty.
 */
export function flushWindowMs(utilization: number, maxMs: number): number {
  const share = (utilization - IDLE_SHARE) / (FULL_SHARE - IDLE_SHARE);
  return maxMs * Math.min(1, Math.max(0, share));
}

/** Decides when the next flush turn runs; at most one is due at a time. */
export class Pacer {
  readonly #loop: Loop;
  readonly #maxWindowMs: number;
  readonly #turn: () => void;
  #due = false;
  /** Something was added since the last look, while a cycle waits to begin. */
  #isGrowing = false;
  #settleUntilMs = 0;
  #cycleStartMs = Number.NEGATIVE_INFINITY;

  constructor(loop: Loop, maxWindowMs: number, turn: () => void) {
    this.#loop = loop;
    this.#maxWindowMs = maxWindowMs;
    this.#turn = () => {
      if (this.#isGrowing && loop.nowMs() < this.#settleUntilMs) {
        this.#isGrowing = false;
        loop.soon(this.#turn);
        return;
      }
      this.#due = false;
      turn();
    };
  }

  /** A turn begins to serve those who are dirty now; the window counts from here, so long cycles never wait. */
  startCycle(): void {
    this.#cycleStartMs = this.#loop.nowMs();
  }

  /** Makes a turn due: the next one in the middle of a cycle, else one that keeps the window. */
  request(midCycle: boolean): void {
    this.#isGrowing = true;
    if (this.#due) return;
    this.#due = true;
    const windowMs = midCycle ? 0 : flushWindowMs(this.#loop.utilization(), this.#maxWindowMs);
    const waitMs = windowMs === 0 ? 0 : this.#cycleStartMs + windowMs - this.#loop.nowMs();
    this.#settleUntilMs = windowMs === 0 ? 0 : this.#loop.nowMs() + Math.max(0, waitMs) + MAX_SETTLE_MS;
    if (waitMs < MIN_TIMER_MS) this.#loop.soon(this.#turn);
    else this.#loop.later(waitMs, this.#turn);
  }
}
