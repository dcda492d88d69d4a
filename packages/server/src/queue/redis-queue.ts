import type { QueueConfig } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { RedisLink } from '../storage/redis.ts';
import { MemoryQueue } from './memory-queue.ts';
import { AwayError, type Consumer, type LaneConsumer, type MessageQueue, type QueueStats } from './message-queue.ts';
import { ackKey, outcomeOf, type QueueAck } from './queue-ack.ts';
import type { SendEntry, SendOutcome, Settle } from './send-entry.ts';
import { StreamShards, shardOf } from './stream-shards.ts';
import { StreamWriter } from './stream-writer.ts';

const SWEEP_PERIOD_MS = 250;
/** An entry whose outcome has not come after this is looked for: the answer, or Redis with the entry, may be lost. */
const LOOK_AFTER_MS = 1_000;
const BUSY_RETRY_MS = 1_000;
const DRAIN_POLL_MS = 10;

export interface RedisQueueOptions {
  readonly config: QueueConfig;
  readonly clock: Clock;
  readonly writers: number;
  readonly link: RedisLink;
  readonly nodeName: string;
  /** `overflow`: by Redis only while the database is away from this node. `always`: every send. */
  readonly mode: 'overflow' | 'always';
  tell(nodeName: string, acks: readonly QueueAck[]): void;
  onError(error: unknown): void;
}

interface Outstanding {
  readonly entry: SendEntry;
  readonly waiters: Settle[];
  readonly appendedAt: number;
  readonly shard: number;
  streamId: string | null;
  maybeCommitted: boolean;
}

/**
 * The queue of a node in a cluster: its own lanes, and Redis streams from which any node writes what this one cannot. The
 * node keeps each entry until its outcome has come, so what Redis loses is written from here.
 */
export class RedisQueue implements MessageQueue {
  readonly #options: RedisQueueOptions;
  readonly #local: MemoryQueue;
  readonly #shards: StreamShards;
  readonly #streams: StreamWriter;
  readonly #outstanding = new Map<string, Outstanding>();
  /** Those of them that Redis did not take, in their order: they go before what is appended next. */
  readonly #notAppended = new Set<Outstanding>();
  readonly #sweep: Timer;
  #consumer: Consumer | null = null;
  #isDatabaseBack = true;
  #isSweeping = false;

  constructor(options: RedisQueueOptions) {
    this.#options = options;
    this.#local = new MemoryQueue(options);
    this.#shards = new StreamShards(options.link, options.nodeName);
    const tell: RedisQueueOptions['tell'] = (nodeName, acks) =>
      nodeName === options.nodeName ? this.acked(acks) : options.tell(nodeName, acks);
    this.#streams = new StreamWriter({ ...options, shards: this.#shards, tell });
    this.#sweep = options.clock.setInterval(() => void this.#look(), SWEEP_PERIOD_MS);
  }

  enqueue(entry: SendEntry, settle: Settle): AppError | undefined {
    if (this.#depth >= this.#options.config.maxSize)
      return new AppError('busy', 'unable to take the message; the queue is full', { retryAfterMs: BUSY_RETRY_MS });
    return this.#local.enqueue(entry, settle);
  }

  start(consumer: Consumer): void {
    const watched: Consumer = (batch) => this.#consume(batch, consumer);
    this.#consumer = watched;
    this.#streams.start(watched);
    this.#local.start((batch) => this.#pass(batch, watched));
  }

  stats(): QueueStats {
    const { oldestAgeMs } = this.#local.stats();
    const [oldest] = this.#outstanding.values();
    const ageMs = oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest.entry.acceptedAt);
    return { depth: this.#depth, oldestAgeMs: Math.max(oldestAgeMs, ageMs) };
  }

  get #depth(): number {
    return this.#local.depth + this.#outstanding.size;
  }

  async drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + deadlineMs;
    const until = async (isDone: () => boolean) => {
      while (!isDone() && clock.monotonic() < deadline)
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, DRAIN_POLL_MS));
    };
    await this.#local.drain(deadlineMs);
    await until(() => this.#outstanding.size === 0);
    this.#sweep.cancel();
    this.#streams.stop();
    await until(() => !this.#streams.isBusy);
  }

  /** Outcomes from the node that wrote the entries. */
  acked(acks: readonly QueueAck[]): void {
    for (const ack of acks) {
      const outcome = outcomeOf(ack);
      if (outcome !== undefined) this.#settle(ack.key, outcome);
    }
  }

  /** Notes with each batch whether this node reaches the database. */
  async #consume(batch: readonly SendEntry[], consumer: Consumer): Promise<SendOutcome[]> {
    try {
      const outcomes = await consumer(batch);
      this.#isDatabaseBack = true;
      return outcomes;
    } catch (error) {
      if (error instanceof AwayError) this.#isDatabaseBack = false;
      throw error;
    }
  }

  /** A batch of one lane, in order: to the writer, or behind what is on its way through Redis. */
  async #pass(batch: readonly SendEntry[], consumer: Consumer): ReturnType<LaneConsumer> {
    const isReady = this.#options.link.isReady;
    if (isReady && (this.#options.mode === 'always' || (!this.#isDatabaseBack && this.#outstanding.size > 0)))
      return this.#append(batch, false);
    await this.#writeWhatIsBefore(batch, isReady);
    try {
      return await consumer(batch);
    } catch (error) {
      if (!(error instanceof AwayError) || !this.#options.link.isReady) throw error;
      return this.#append(batch, error.maybeCommitted);
    }
  }

  /** Earlier entries of the same channels are written first: by whoever has them, or by this node without Redis. */
  async #writeWhatIsBefore(batch: readonly SendEntry[], isReady: boolean): Promise<void> {
    if (this.#outstanding.size === 0) return;
    const roots = new Set(batch.map((entry) => entry.rootId));
    const before = [...this.#outstanding.values()].filter(({ entry }) => roots.has(entry.rootId));
    if (before.length === 0) return;
    if (isReady) await Promise.all(before.map((one) => new Promise((resolve) => one.waiters.push(resolve))));
    else await this.#writeOwn(before);
  }

  async #append(batch: readonly SendEntry[], maybeCommitted: boolean): ReturnType<LaneConsumer> {
    const outcomes = batch.map((entry) => this.#await(entry, maybeCommitted));
    const shards = new Set(batch.map(({ rootId }) => shardOf(rootId)));
    await Promise.all([...shards].map((shard) => this.#appendTo(shard)));
    // While the database is away from here, the look at what is overdue is often enough.
    if (this.#isDatabaseBack) this.#streams.wake(shards);
    return outcomes;
  }

  async #appendTo(shard: number): Promise<void> {
    const list = [...this.#notAppended].filter((one) => one.shard === shard);
    if (list.length === 0) return;
    const entries = list.map(({ entry }) => entry);
    try {
      const streamIds = await this.#shards.append(shard, entries);
      for (const [index, one] of list.entries()) {
        one.streamId = streamIds[index] ?? null;
        this.#notAppended.delete(one);
      }
    } catch (error) {
      // They may be there or not; the next look writes them from here, unless they are appended before.
      for (const one of list) one.maybeCommitted = true;
      this.#options.onError(error);
    }
  }

  #await(entry: SendEntry, maybeCommitted: boolean): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const key = ackKey(entry);
      const known = this.#outstanding.get(key);
      if (known !== undefined) return void known.waiters.push(resolve);
      const appendedAt = this.#options.clock.monotonic();
      const shard = shardOf(entry.rootId);
      const one = { entry, waiters: [resolve], appendedAt, shard, streamId: null, maybeCommitted };
      this.#outstanding.set(key, one);
      this.#notAppended.add(one);
    });
  }

  #settle(key: string, outcome: SendOutcome): void {
    const one = this.#outstanding.get(key);
    if (one === undefined) return;
    this.#outstanding.delete(key);
    this.#notAppended.delete(one);
    for (const settle of one.waiters) settle(outcome);
  }

  /** Finds what is overdue: expired, lost by Redis, written with the answer lost, or left behind by a dead node. */
  async #look(): Promise<void> {
    if (this.#isSweeping || this.#consumer === null) return;
    this.#isSweeping = true;
    try {
      await this.#expire();
      await this.#writeLost();
      if (!this.#options.link.isReady) return;
      this.#streams.wake(await this.#shards.waiting());
    } catch (error) {
      if (!(error instanceof AwayError)) this.#options.onError(error);
    } finally {
      this.#isSweeping = false;
    }
  }

  async #writeLost(): Promise<void> {
    const before = this.#options.clock.monotonic() - LOOK_AFTER_MS;
    const overdue = [...this.#outstanding.values()]
      .filter((one) => one.appendedAt <= before)
      .slice(0, this.#options.config.batchSize);
    if (overdue.length === 0) return;
    const isThere = await Promise.all(overdue.map((one) => this.#isInRedis(one)));
    await this.#writeOwn(overdue.filter((_, index) => !isThere[index]));
  }

  async #isInRedis({ entry, streamId }: Outstanding): Promise<boolean> {
    if (streamId === null || !this.#options.link.isReady) return false;
    return this.#shards.isThere(entry, streamId).catch(() => false);
  }

  /** Writes from this node's memory; what was written elsewhere gets that first result. */
  async #writeOwn(list: readonly Outstanding[]): Promise<void> {
    const { batchSize } = this.#options.config;
    for (let start = 0; start < list.length; start += batchSize) {
      const part = list.slice(start, start + batchSize);
      for (const one of part) one.maybeCommitted = true;
      const outcomes = (await this.#consumer?.(part.map(({ entry }) => entry))) ?? [];
      part.forEach(({ entry }, index) => {
        const outcome = outcomes[index];
        if (outcome !== undefined) this.#settle(ackKey(entry), outcome);
      });
    }
  }

  async #expire(): Promise<void> {
    const { clock, config, link } = this.#options;
    const oldestAllowed = clock.now() - config.retentionPeriod;
    for (const [key, one] of this.#outstanding) {
      if (one.entry.acceptedAt >= oldestAllowed) continue;
      const { streamId, maybeCommitted } = one;
      const isCertain =
        !maybeCommitted &&
        streamId !== null &&
        link.isReady &&
        (await this.#shards.withdraw(one.entry, streamId).catch(() => false));
      const details = { retryAfterMs: BUSY_RETRY_MS };
      const told = isCertain
        ? new AppError('expired', 'unable to store the message in time; it was not stored', details)
        : new AppError(
            'unavailable',
            'unable to say whether the message was stored; repeat it with the same id',
            details,
          );
      this.#settle(key, told);
    }
  }
}
