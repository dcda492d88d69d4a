import { type Figures, NO_FIGURES } from './figures.ts';

/** Different pairs of operation and code that are told apart in one interval; the code knows fewer. */
const MAX_ERRORS = 1_000;

/** Counts what happens until somebody takes the counts. */
export class Tally {
  #messages = 0;
  #commands = 0;
  #failed = 0;
  #latency = [...NO_FIGURES.latency];
  #errors = new Map<string, number>();

  answered(operation: string, code: string): void {
    this.#commands += 1;
    if (code === 'ok') return;
    this.#failed += 1;
    const name = `${operation} ${code}`;
    if (this.#errors.size < MAX_ERRORS || this.#errors.has(name)) {
      this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
    }
  }

  /** Messages that were committed together, by their places among the latencies. */
  committed(indexes: readonly number[]): void {
    this.#messages += indexes.length;
    for (const index of indexes) this.#latency[index] = (this.#latency[index] ?? 0) + 1;
  }

  /** What was counted since the last time. */
  take(): Pick<Figures, 'messages' | 'commands' | 'failed' | 'latency' | 'errors'> {
    const taken = {
      messages: this.#messages,
      commands: this.#commands,
      failed: this.#failed,
      latency: this.#latency,
      errors: Object.fromEntries(this.#errors),
    };
    this.#messages = 0;
    this.#commands = 0;
    this.#failed = 0;
    this.#latency = [...NO_FIGURES.latency];
    this.#errors = new Map();
    return taken;
  }
}
