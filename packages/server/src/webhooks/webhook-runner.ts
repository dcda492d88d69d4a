import type { Clock, Timer } from '../lib/clock.ts';

/** How long a committed message waits at most before a webhook is told, when nothing is in the way. */
const IDLE_MS = 500;
const FAULT_MS = 5_000;

export interface WebhookRunnerPorts {
  readonly clock: Clock;
  /** Each does a part of its work; true when there may be more at once. */
  readonly steps: readonly (() => Promise<boolean>)[];
  onFault(error: unknown): void;
}

/** Runs each of its steps over and over, side by side, with a rest when there is nothing to do. */
export class WebhookRunner {
  readonly #ports: WebhookRunnerPorts;
  readonly #timers = new Set<Timer>();
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;

  constructor(ports: WebhookRunnerPorts) {
    this.#ports = ports;
  }

  start(): void {
    for (const step of this.#ports.steps) this.#after(IDLE_MS, step);
  }

  /** Stops after what runs now. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all(this.#running);
  }

  #after(delayMs: number, step: () => Promise<boolean>): void {
    if (this.#isClosed) return;
    const timer = this.#ports.clock.setTimeout(() => {
      this.#timers.delete(timer);
      const turn = this.#turn(step);
      this.#running.add(turn);
      void turn.finally(() => this.#running.delete(turn));
    }, delayMs);
    this.#timers.add(timer);
  }

  async #turn(step: () => Promise<boolean>): Promise<void> {
    let delayMs = IDLE_MS;
    try {
      if (await step()) delayMs = 0;
    } catch (error) {
      delayMs = FAULT_MS;
      this.#ports.onFault(error);
    }
    this.#after(delayMs, step);
  }
}
