import type { Report } from './trouble.ts';

/** Shorter waits are too many to tell chance from a rule. */
const LONG_MS = 5_000;
/** Waits that are equal to the millisecond by chance are never so many: less than once in 10^7 runs. */
const MAX_EQUAL = 4;

/** I22: clients that could not connect for long do not try again in step. */
export class SpreadRule {
  readonly #waits = new Map<number, number>();

  /** A client has waited so long before its next try. */
  take(waitMs: number): void {
    const ms = Math.round(waitMs);
    if (ms >= LONG_MS) this.#waits.set(ms, (this.#waits.get(ms) ?? 0) + 1);
  }

  judge(report: Report): void {
    for (const [ms, count] of this.#waits)
      if (count >= MAX_EQUAL) report('I22', `${count} times a client waited exactly ${ms} ms before it tried again`);
  }
}
