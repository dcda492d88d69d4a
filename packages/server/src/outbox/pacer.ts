import type { Loop } from './loop.ts';

/** Below this share the loop has time to spare, and waiting would only add latency. */
const IDLE_SHARE = 0.5;
/** From this share on every saved write counts. */
const FULL_SHARE = 0.9;
/** Writes that fill a packet gain little by waiting for more. */
const PACKET_BYTES = 1448;
/** Timers have a resolution of a millisecond: a shorter wait is not worth one. */
const MIN_TIMER_MS = 1;
/** How long the loop reads on while input keeps coming before a cycle begins: what arrives together leaves together. */
const MAX_SETTLE_MS = 0.5;

/**
 * The shortest time between the starts of two flush cycles. Nothing while the loop is mostly idle, or when its writes are
 * full anyway; up to `maxMs` when it is busy with small writes, because a write costs the same for one frame and for ten.
 */
export function flushWindowMs(utilization: number, bytesPerWrite: number, maxMs: number): number {
  const busy = (utilization - IDLE_SHARE) / (FULL_SHARE - IDLE_SHARE);
  const emptiness = 1 - bytesPerWrite / PACKET_BYTES;
  return maxMs * Math.min(1, Math.max(0, busy)) * Math.max(0, emptiness);
}

/** Decides when the next flush turn runs; at most one is due at a time. */
export class Pacer {
  readonly #loop: Loop;
  readonly #maxWindowMs: number;
  readonly #turn: () => void;
  #isDue = false;
  /** Something was added since the last look, while a cycle waits to begin. */
  #isGrowing = false;
  #settleUntilMs = 0;
  #cycleStartMs = Number.NEGATIVE_INFINITY;
  #bytesPerWrite = 0;

  constructor(loop: Loop, maxWindowMs: number, turn: () => void) {
    this.#loop = loop;
    this.#maxWindowMs = maxWindowMs;
    this.#turn = () => {
      if (this.#isGrowing && loop.nowMs() < this.#settleUntilMs) {
        this.#isGrowing = false;
        loop.soon(this.#turn);
        return;
      }
      this.#isDue = false;
      turn();
    };
  }

  /** A turn begins to serve those who are dirty now; the window counts from here, so long cycles never wait. */
  startCycle(): void {
    this.#cycleStartMs = this.#loop.nowMs();
  }

  /** The last of those who were dirty at the start has been served, by writes of so many bytes each. */
  endCycle(bytesPerWrite: number): void {
    this.#bytesPerWrite = bytesPerWrite;
  }

  /** Makes a turn due: the very next in the middle of a cycle, else one that keeps the window and lets input settle. */
  request(isMidCycle: boolean): void {
    this.#isGrowing = true;
    if (this.#isDue) return;
    this.#isDue = true;
    if (isMidCycle) {
      this.#settleUntilMs = 0;
      this.#loop.soon(this.#turn);
      return;
    }
    const nowMs = this.#loop.nowMs();
    const windowMs = flushWindowMs(this.#loop.utilization(), this.#bytesPerWrite, this.#maxWindowMs);
    const waitMs = this.#cycleStartMs + windowMs - nowMs;
    if (waitMs < MIN_TIMER_MS) {
      this.#settleUntilMs = nowMs + MAX_SETTLE_MS;
      this.#loop.soon(this.#turn);
    } else {
      this.#settleUntilMs = nowMs + waitMs + MAX_SETTLE_MS;
      this.#loop.later(waitMs, this.#turn);
    }
  }
}
