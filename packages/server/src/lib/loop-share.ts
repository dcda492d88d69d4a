import { setImmediate } from 'node:timers/promises';

/** Lets whatever else the process has to do run. */
export type Pause = () => Promise<unknown>;

/** Keeps long work in pieces from holding up the process: after so many units of it all others get their turn. */
export class LoopShare {
  readonly #unitsPerTurn: number;
  readonly #pause: Pause;
  #units = 0;

  constructor(unitsPerTurn: number, pause: Pause = setImmediate) {
    this.#unitsPerTurn = unitsPerTurn;
    this.#pause = pause;
  }

  /** Called before a piece of work of this many units. */
  async spend(units: number): Promise<void> {
    if (this.#units > 0 && this.#units + units > this.#unitsPerTurn) {
      this.#units = 0;
      await this.#pause();
    }
    this.#units += units;
  }
}
