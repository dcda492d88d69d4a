import type { QueueConfig } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { Lane } from './lane.ts';
import type { LaneConsumer, MessageQueue, QueueStats } from './message-queue.ts';
import type { SendEntry, Settle } from './send-entry.ts';

/** How often entries that wait too long are looked for. */
const SWEEP_PERIOD_MS = 250;
/** What `busy` tells the client to wait: a queue of the default size drains well within it once the database answers. */
const BUSY_RETRY_MS = 1_000;
const DRAIN_POLL_MS = 10;

export interface MemoryQueueOptions {
  readonly config: QueueConfig;
  readonly clock: Clock;
  /** Batches that may be committed side by side. A channel always uses the same lane, which keeps its order. */
  readonly lanes: number;
}

/** The queue in this process's memory. */
export class MemoryQueue implements MessageQueue {
  readonly #options: MemoryQueueOptions;
  readonly #lanes: Lane[];
  readonly #sweep: Timer;
  #draining = false;

  constructor(options: MemoryQueueOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.lanes }, () => new Lane(options.config, options.clock));
    this.#sweep = options.clock.setInterval(() => this.#expire(), SWEEP_PERIOD_MS);
  }

  enqueue(entry: SendEntry, settle: Settle): AppError | undefined {
    if (this.#draining) {
      return new AppError('draining', 'unable to take the message; this node is shutting down', {
        retryAfterMs: BUSY_RETRY_MS,
      });
    }
    if (this.stats().depth >= this.#options.config.maxSize) {
      return new AppError('busy', 'unable to take the message; the queue is full', { retryAfterMs: BUSY_RETRY_MS });
    }
    this.#laneOf(entry.rootId)?.add(entry, settle);
    return undefined;
  }

  start(consumer: LaneConsumer): void {
    for (const lane of this.#lanes) lane.start(consumer);
  }

  stats(): QueueStats {
    let depth = 0;
    let oldestAgeMs = 0;
    for (const lane of this.#lanes) {
      depth += lane.depth;
      oldestAgeMs = Math.max(oldestAgeMs, lane.oldestAgeMs);
    }
    return { depth, oldestAgeMs };
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    const { clock } = this.#options;
    const deadline = clock.monotonic() + deadlineMs;
    while (this.stats().depth > 0 && clock.monotonic() < deadline) {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, DRAIN_POLL_MS));
    }
    this.#sweep.cancel();
    for (const lane of this.#lanes) lane.stop();
  }

  #expire(): void {
    for (const lane of this.#lanes) lane.expire();
  }

  /** The last hex digits of a UUIDv7 are random, so channels spread evenly. */
  #laneOf(rootId: string): Lane | undefined {
    return this.#lanes[Number.parseInt(rootId.slice(-4), 16) % this.#lanes.length];
  }
}
