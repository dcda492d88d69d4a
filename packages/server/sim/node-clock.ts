import type { Clock, Timer } from '../src/lib/clock.ts';
import type { Loop } from '../src/outbox/loop.ts';
import type { Scheduler } from './scheduler.ts';

/** The wall clock reads this when a simulation begins. */
export const START_MS = 1_760_000_000_000;

/** The shortest wait of a timer. A shorter one can be too small for the time of now to change by it, and would end before it began. */
const RESOLUTION_MS = 0.001;

/** The clock and event loop of one process. When the process dies, whatever it was waiting for never comes. */
export class NodeClock implements Clock, Loop {
  /** How far the wall clock is off; timers do not care. */
  wallOffsetMs = 0;
  isAlive = true;
  readonly #scheduler: Scheduler;
  readonly #bootMs: number;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#bootMs = scheduler.nowMs;
  }

  now(): number {
    return Math.floor(START_MS + this.#scheduler.nowMs + this.wallOffsetMs);
  }

  monotonic(): number {
    return this.#scheduler.nowMs - this.#bootMs;
  }

  nowMs(): number {
    return this.monotonic();
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    const entry = this.#scheduler.after(delayMs > 0 ? Math.max(delayMs, RESOLUTION_MS) : 0, () => {
      if (this.isAlive) run();
    });
    return { cancel: () => this.#scheduler.cancel(entry) };
  }

  setInterval(run: () => void, periodMs: number): Timer {
    let timer: Timer;
    const arm = (): void => {
      timer = this.setTimeout(() => {
        arm();
        run();
      }, periodMs);
    };
    arm();
    return { cancel: () => timer.cancel() };
  }

  soon(turn: () => void): void {
    this.setTimeout(turn, 0);
  }

  later(delayMs: number, turn: () => void): void {
    this.setTimeout(turn, delayMs);
  }

  utilization(): number {
    return 0;
  }
}
