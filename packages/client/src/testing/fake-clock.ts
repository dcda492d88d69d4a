import { makeUuid } from '@parley/protocol/constants';
import type { Runtime } from '../runtime.ts';

/** Far more than any test needs: whoever sets timers without end is found out. */
const MAX_TIMERS_PER_ADVANCE = 50_000;

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that only moves when told, its timers, and a seeded source of randomness: the surroundings of a simulated client. */
export class FakeClock {
  nowMs = 1_750_000_000_000;
  #order = 0;
  #state: number;
  readonly #timers = new Set<Timer>();

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  /** What a client takes. */
  readonly runtime: Runtime = {
    now: () => this.nowMs,
    monotonic: () => this.nowMs,
    setTimer: (run, delayMs) => this.setTimer(run, delayMs),
    random: () => this.random(),
    makeId: () =>
      makeUuid(this.nowMs, (bytes) => {
        for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(this.random() * 256);
      }),
  };

  setTimer(run: () => void, delayMs: number): () => void {
    this.#order += 1;
    const timer = { dueMs: this.nowMs + Math.max(0, delayMs), order: this.#order, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** A mulberry32 step: 32 bits of state are plenty for the short runs of a test. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves on, running what is due in its order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (let runs = 0; ; runs++) {
      if (runs > MAX_TIMERS_PER_ADVANCE) throw new Error('the timers do not come to rest');
      const next = this.#next();
      if (next === undefined || next.dueMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      this.#timers.delete(next);
      next.run();
      await settle();
    }
    this.nowMs = untilMs;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
