import type { Runtime } from './runtime.ts';

/** Timers by name: setting one again replaces it, and all of them can be ended together. */
export class Timers<Name> {
  readonly #runtime: Runtime;
  readonly #cancels = new Map<Name, () => void>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  set(name: Name, delayMs: number, run: () => void): void {
    this.cancel(name);
    const cancel = this.#runtime.setTimer(() => {
      this.#cancels.delete(name);
      run();
    }, delayMs);
    this.#cancels.set(name, cancel);
  }

  has(name: Name): boolean {
    return this.#cancels.has(name);
  }

  cancel(name: Name): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  clear(): void {
    for (const name of this.#cancels.keys()) this.cancel(name);
  }
}
