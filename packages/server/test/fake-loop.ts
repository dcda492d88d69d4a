import type { Loop } from '../src/outbox/loop.ts';

/** More than any test needs in one go: what goes on longer never ends. */
const MAX_TURNS = 10_000;

/** An event loop that moves only when told. */
export class FakeLoop implements Loop {
  timeMs = 0;
  /** What `utilization` says. */
  busy = 0;
  #soon: (() => void)[] = [];
  #later: { atMs: number; turn: () => void }[] = [];

  nowMs(): number {
    return this.timeMs;
  }

  soon(turn: () => void): void {
    this.#soon.push(turn);
  }

  later(delayMs: number, turn: () => void): void {
    this.#later.push({ atMs: this.timeMs + delayMs, turn });
  }

  utilization(): number {
    return this.busy;
  }

  /** How many turns are due at once. */
  get due(): number {
    return this.#soon.length;
  }

  /** When each waiting timer fires. */
  get timers(): number[] {
    return this.#later.map((timer) => timer.atMs);
  }

  /** One turn of the loop: what is due now, not what that makes due. */
  turn(): void {
    for (const turn of this.#soon.splice(0)) turn();
  }

  /** Lets time pass, firing timers in order and running turns until nothing is due. */
  advance(delayMs: number): void {
    const endMs = this.timeMs + delayMs;
    for (let turns = 0; ; ) {
      while (this.#soon.length > 0) {
        if (++turns > MAX_TURNS) throw new Error('unable to advance; the loop is never idle');
        this.turn();
      }
      this.#later.sort((a, b) => a.atMs - b.atMs);
      const next = this.#later[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#later.shift();
      this.timeMs = Math.max(this.timeMs, next.atMs);
      next.turn();
    }
    this.timeMs = endMs;
  }
}
