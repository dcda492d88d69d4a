import { countWithin } from '../lib/count-within.ts';
import type { Consumer } from './message-queue.ts';
import type { SendEntry, SendOutcome } from './send-entry.ts';

interface Group {
  readonly entries: readonly SendEntry[];
  readonly resolve: (outcomes: readonly SendOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

interface JoinedBatchesOptions {
  /** Most entries of a batch that is made of several groups. */
  readonly batchSize: number;
  /** Batches that may be written side by side. */
  readonly writers: number;
  readonly consumer: Consumer;
}

/**
 * Joins groups of entries that come at about the same time into batches, because a batch costs more than its messages. A group stays
 * whole: it is tried as one, and ends as one.
 */
export class JoinedBatches {
  readonly #options: JoinedBatchesOptions;
  #waiting: Group[] = [];
  #running = 0;

  constructor(options: JoinedBatchesOptions) {
    this.#options = options;
  }

  /** Gives the group's outcomes, in its order; rejects with what its batch ended with. */
  write(entries: readonly SendEntry[]): Promise<readonly SendOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      // Those that come in the same turn join the first batch.
      queueMicrotask(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    if (this.#running >= this.#options.writers || this.#waiting.length === 0) return;
    const groups = this.#take();
    this.#running += 1;
    try {
      const outcomes = await this.#options.consumer(groups.flatMap(({ entries }) => entries));
      let place = 0;
      for (const { entries, resolve } of groups) {
        resolve(outcomes.slice(place, place + entries.length));
        place += entries.length;
      }
    } catch (error) {
      for (const { reject } of groups) reject(error);
    }
    this.#running -= 1;
    void this.#run();
  }

  /** The first group, and as many of those behind it as the batch has room for. */
  #take(): Group[] {
    const { batchSize } = this.#options;
    return this.#waiting.splice(
      0,
      countWithin(this.#waiting, batchSize, ({ entries }) => entries.length),
    );
  }
}
