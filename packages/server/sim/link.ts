import type { Random } from '@parley/load-test';
import type { Scheduler } from './scheduler.ts';
import type { Tally } from './tally.ts';
import type { Report } from './trouble.ts';

/** How one client is connected to the world at the moment. */
export class Link {
  readonly scheduler: Scheduler;
  readonly effects: Tally;
  readonly report: Report;
  readonly #random: Random;
  lowMs = 1;
  highMs = 20;
  /** Bytes a millisecond towards the client; 0 while it does not read at all. */
  downRate = Number.POSITIVE_INFINITY;
  /** While set, attempts to connect fail at once (`refuse`) or are never answered (`swallow`). */
  outage: 'refuse' | 'swallow' | null = null;

  constructor(scheduler: Scheduler, random: Random, world: { readonly effects: Tally; readonly report: Report }) {
    this.scheduler = scheduler;
    this.effects = world.effects;
    this.report = world.report;
    this.#random = random;
  }

  latencyMs(): number {
    return this.#random.between(this.lowMs, this.highMs);
  }
}

/**
 * One direction of a connection: what goes in comes out in the same order, later, or from some moment on not at all. Even then
 * what came out is what went in, without a hole.
 */
export class Pipe {
  readonly #link: Link;
  #lastMs = 0;
  isBroken = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Lets `arrive` run when what is sent now comes out at the other end. */
  send(arrive: () => void): void {
    const { scheduler, effects } = this.#link;
    if (this.isBroken) return effects.add('frame lost');
    this.#lastMs = Math.max(this.#lastMs, scheduler.nowMs + this.#link.latencyMs());
    scheduler.after(this.#lastMs - scheduler.nowMs, () => {
      if (this.isBroken) effects.add('frame lost');
      else arrive();
    });
  }
}
