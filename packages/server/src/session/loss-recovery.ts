import type { Clock } from '../lib/clock.ts';

const RETRY_MS = 2_000;

export interface LossRecoveryPorts {
  readonly clock: Clock;
  /** What makes up for lost payloads, in order; each may fail while the database is away. */
  readonly steps: readonly (() => Promise<void>)[];
  onError(error: unknown): void;
}

/** Makes up for what the bus may have lost: once per loss, never twice at a time, and again until it has worked. */
export class LossRecovery {
  readonly #ports: LossRecoveryPorts;
  #isRunning = false;
  #isWanted = false;
  #isStopped = false;

  constructor(ports: LossRecoveryPorts) {
    this.#ports = ports;
  }

  /** Something may have been lost. A loss during a run is followed by another run: what it read may be older. */
  run(): void {
    this.#isWanted = true;
    if (!this.#isRunning) void this.#runWhileWanted();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #runWhileWanted(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      try {
        for (const step of this.#ports.steps) await step();
      } catch (error) {
        this.#isWanted = true;
        this.#ports.onError(error);
        await new Promise<void>((resolve) => void this.#ports.clock.setTimeout(resolve, RETRY_MS));
      }
    }
    this.#isRunning = false;
  }
}
