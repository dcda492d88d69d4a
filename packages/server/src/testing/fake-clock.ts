import type { Clock, Timer } from '../lib/clock.ts';

interface Scheduled {
  at: number;
  readonly run: () => void;
  readonly periodMs: number | null;
}

/** A clock that moves only when told to; timers run in their order while it moves. */
export class FakeClock implements Clock {
  #nowMs = 1_750_000_000_000;
  readonly #startMs = this.#nowMs;
  readonly #scheduled = new Set<Scheduled>();

  /** How many timers run. */
  get timers(): number {
    return this.#scheduled.size;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    return this.#schedule({ at: this.#nowMs + Math.max(0, delayMs), run, periodMs: null });
  }

  setInterval(run: () => void, periodMs: number): Timer {
    return this.#schedule({ at: this.#nowMs + periodMs, run, periodMs });
  }

  /** Moves on, running what becomes due; between two timers all promises that can settle do. */
  async advance(byMs: number): Promise<void> {
    const target = this.#nowMs + byMs;
    for (;;) {
      await settlePromises();
      const next = this.#nextUntil(target);
      if (next === null) break;
      this.#nowMs = Math.max(this.#nowMs, next.at);
      if (next.periodMs === null) this.#scheduled.delete(next);
      else next.at += next.periodMs;
      next.run();
    }
    this.#nowMs = target;
    await settlePromises();
  }

  #schedule(entry: Scheduled): Timer {
    this.#scheduled.add(entry);
    return { cancel: () => void this.#scheduled.delete(entry) };
  }

  #nextUntil(target: number): Scheduled | null {
    let next: Scheduled | null = null;
    for (const entry of this.#scheduled) if (entry.at <= target && (next === null || entry.at < next.at)) next = entry;
    return next;
  }
}

/** Lets every promise that can settle without time passing do so. */
export async function settlePromises(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}
