import type { Disturbance } from '../scenario.ts';
import type { Crew } from './crew.ts';
import type { Show } from './show.ts';

/** Within this long everybody tries to come back, as after a moment without network. */
const COME_BACK_MS = 500;

/** Breaks what a scenario says must break, at its moments of the run. */
export class Disturber {
  readonly #timers: NodeJS.Timeout[];

  constructor(disturbance: Disturbance, durationMs: number, crew: Crew, show: Show) {
    const at = (share: number, work: () => void) => setTimeout(work, durationMs * share);
    const cut = (): void => {
      show.note('all sockets break');
      crew.tell(() => ({ type: 'cut', withinMs: COME_BACK_MS }));
    };
    const stall = (on: boolean) => (): void => {
      show.note(on ? 'one in ten stops reading' : 'they read again');
      crew.tell(() => ({ type: 'stall', on }));
    };
    if (disturbance === 'cut') this.#timers = [at(1 / 3, cut), at(2 / 3, cut)];
    else if (disturbance === 'stall') this.#timers = [at(1 / 4, stall(true)), at(3 / 4, stall(false))];
    else this.#timers = [];
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
