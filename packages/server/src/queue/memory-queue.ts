import type { QueueConfig } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { Lane, type Waiting } from './lane.ts';
import { AwayError, type LaneConsumer, type MessageQueue, type QueueStats } from './message-queue.ts';
import type { SendEntry, SendOutcome, Settle } from './send-entry.ts';

/** Channels are spread over so many lanes: a channel that is locked holds up those of its lane, and nobody else. */
const LANES = 16;
/** What is little waits for the batch that is being written; when none has ended for so long, it becomes a batch of its own. */
const PATIENCE_MS = 10;
/** How often entries that wait too long are looked for. */
const SWEEP_PERIOD_MS = 250;
/** What `busy` tells the client to wait: a queue of the default size drains well within it once the database answers. */
const BUSY_RETRY_MS = 1_000;
const DRAIN_POLL_MS = 10;
/** Wait between tries while the database is away: short, because sends wait for it, and doubling to spare the server. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;

export interface MemoryQueueOptions {
  readonly config: QueueConfig;
  readonly clock: Clock;
  /** Batches that may be written side by side. */
  readonly writers: number;
}

/**
 * The queue in this process's memory. While little waits it becomes one batch after the other, because a batch of one costs half
 * of what a batch of twenty does, and batches side by side only make each other small. With more than half a batch, writers work
 * side by side: PostgreSQL on one batch while this process is at another.
 */
export class MemoryQueue implements MessageQueue {
  readonly #options: MemoryQueueOptions;
  readonly #lanes = Array.from({ length: LANES }, () => new Lane());
  readonly #sweep: Timer;
  #consumer: LaneConsumer | null = null;
  #running = 0;
  #isWoken = false;
  #patience: Timer | null = null;
  #isDraining = false;
  #isStopped = false;

  constructor(options: MemoryQueueOptions) {
    this.#options = options;
    this.#sweep = options.clock.setInterval(() => this.#expire(this.#lanes), SWEEP_PERIOD_MS);
  }

  enqueue(entry: SendEntry, settle: Settle): AppError | undefined {
    if (this.#isDraining) {
      return new AppError('draining', 'unable to take the message; this node is shutting down', {
        retryAfterMs: BUSY_RETRY_MS,
      });
    }
    if (this.depth >= this.#options.config.maxSize) {
      return new AppError('busy', 'unable to take the message; the queue is full', { retryAfterMs: BUSY_RETRY_MS });
    }
    this.#laneOf(entry.rootId)?.add(entry, settle);
    this.#wake();
    return undefined;
  }

  start(consumer: LaneConsumer): void {
    this.#consumer = consumer;
    this.#wake();
  }

  /** Entries that wait or are being written. */
  get depth(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.depth, 0);
  }

  stats(): QueueStats {
    const now = this.#options.clock.now();
    const ages = this.#lanes.map(({ oldestAt }) => (oldestAt === undefined ? 0 : now - oldestAt));
    return { depth: this.depth, oldestAgeMs: Math.max(0, ...ages) };
  }

  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    const { clock } = this.#options;
    const deadline = clock.monotonic() + deadlineMs;
    while (this.depth > 0 && clock.monotonic() < deadline) await this.#sleep(DRAIN_POLL_MS);
    this.#sweep.cancel();
    this.#patience?.cancel();
    this.#isStopped = true;
  }

  /** A channel always uses the same lane, which keeps its order. The last hex digits of a UUIDv7 are random: channels spread evenly. */
  #laneOf(rootId: string): Lane | undefined {
    return this.#lanes[Number.parseInt(rootId.slice(-4), 16) % LANES];
  }

  /** The rest of this turn's sends join the first batch. */
  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#startBatches();
    });
  }

  #startBatches(isPatient = true): void {
    const { writers, config } = this.#options;
    const free = writers - this.#running;
    const ready = this.#lanes.filter((lane) => !lane.isBusy && lane.waiting > 0);
    if (this.#consumer === null || this.#isStopped || free === 0 || ready.length === 0) return;
    const waiting = ready.reduce((sum, lane) => sum + lane.waiting, 0);
    const few = config.batchSize / 2;
    if (this.#running > 0 && isPatient && waiting <= few / writers) return this.#startLater();
    const batches = waiting <= few ? 1 : free;
    for (const lanes of share(ready, batches, Math.min(config.batchSize, Math.ceil(waiting / batches))))
      void this.#run(lanes, this.#consumer);
  }

  /** What is being written may wait for the lock of a channel; the other channels do not wait for that. */
  #startLater(): void {
    this.#patience ??= this.#options.clock.setTimeout(() => {
      this.#patience = null;
      this.#startBatches(false);
    }, PATIENCE_MS);
  }

  /** Writes a batch of these lanes, until it is written or has expired. */
  async #run(lanes: readonly Lane[], consumer: LaneConsumer): Promise<void> {
    this.#running += 1;
    for (const lane of lanes) lane.isBusy = true;
    for (let retryMs = FIRST_RETRY_MS; !this.#isStopped; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      if (await this.#tryOnce(lanes, consumer)) break;
      await this.#sleep(retryMs);
    }
    for (const lane of lanes) lane.isBusy = false;
    this.#running -= 1;
    this.#patience?.cancel();
    this.#patience = null;
    this.#startBatches();
  }

  /** Returns false when the database is away; the batch is then first in its lanes again. */
  async #tryOnce(lanes: readonly Lane[], consumer: LaneConsumer): Promise<boolean> {
    const batch = this.#take(lanes);
    if (batch.length === 0) return true;
    try {
      const outcomes = await consumer(batch.map(({ entry }) => entry));
      for (const lane of lanes) lane.finish();
      for (const [index, waiting] of batch.entries()) settle(waiting, outcomes[index]);
      return true;
    } catch (error) {
      const maybeCommitted = !(error instanceof AwayError) || error.maybeCommitted;
      for (const waiting of batch) waiting.maybeCommitted ||= maybeCommitted;
      for (const lane of lanes) lane.putBack();
      this.#expire(lanes);
      return false;
    }
  }

  #take(lanes: readonly Lane[]): Waiting[] {
    const batch: Waiting[] = [];
    for (const lane of lanes) batch.push(...lane.take(this.#options.config.batchSize - batch.length));
    return batch;
  }

  #expire(lanes: readonly Lane[]): void {
    const oldestAllowed = this.#options.clock.now() - this.#options.config.retentionPeriod;
    for (const lane of lanes) lane.expire(oldestAllowed);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.setTimeout(resolve, ms));
  }
}

/** Makes so many groups of lanes with about so many entries each, the oldest first; what has no room comes with a later batch. */
function share(ready: readonly Lane[], groups: number, entries: number): Lane[][] {
  const byAge = ready.toSorted((a, b) => (a.oldestAt ?? 0) - (b.oldestAt ?? 0));
  return Array.from({ length: groups }, () => {
    const group: Lane[] = [];
    for (let count = 0; count < entries; ) {
      const lane = byAge.shift();
      if (lane === undefined) break;
      group.push(lane);
      count += lane.waiting;
    }
    return group;
  }).filter((group) => group.length > 0);
}

function settle(waiting: Waiting, outcome: SendOutcome | Promise<SendOutcome> | undefined): void {
  if (outcome instanceof Promise) void outcome.then(waiting.settle);
  else waiting.settle(outcome ?? new AppError('internal', 'unable to send the message; the writer gave no outcome'));
}
