import type { QueueConfig, Sent } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { RedisLink } from '../storage/redis.ts';
import { MemoryQueue } from './memory-queue.ts';
import { AwayError, type Consumer, type LaneConsumer, type MessageQueue, type QueueStats } from './message-queue.ts';
import type { SendEntry, SendOutcome, Settle } from './send-entry.ts';
import { type StreamEntry, StreamShards, shardOf } from './stream-shards.ts';

const SWEEP_PERIOD_MS = 250;
/** An entry whose outcome has not come after this is looked for: the answer, or Redis with the entry, may be lost. */
const LOOK_AFTER_MS = 1_000;
const ANSWER_TIMEOUT_MS = 1_000;
const BUSY_RETRY_MS = 1_000;
const DRAIN_POLL_MS = 10;

/** How an entry ended, told to the node whose sender waits. */
export interface QueueAck {
  readonly key: string;
  readonly sent?: Sent;
  readonly error?: Pick<AppError, 'code' | 'message' | 'retryAfterMs'>;
}

export interface RedisQueueOptions {
  readonly config: QueueConfig;
  readonly clock: Clock;
  readonly lanes: number;
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
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #draining = new Set<number>();
  readonly #sweep: Timer;
  #consumer: Consumer | null = null;
  #isDatabaseBack = true;
  #isSweeping = false;

  constructor(options: RedisQueueOptions) {
    this.#options = options;
    this.#local = new MemoryQueue(options);
    this.#shards = new StreamShards(options.link, options.nodeName);
    this.#sweep = options.clock.setInterval(() => void this.#look(), SWEEP_PERIOD_MS);
  }

  enqueue(entry: SendEntry, settle: Settle): AppError | undefined {
    if (this.stats().depth >= this.#options.config.maxSize)
      return new AppError('busy', 'unable to take the message; the queue is full', { retryAfterMs: BUSY_RETRY_MS });
    return this.#local.enqueue(entry, settle);
  }

  start(consumer: Consumer): void {
    this.#consumer = consumer;
    this.#local.start((batch) => this.#pass(batch, consumer));
  }

  stats(): QueueStats {
    const { depth, oldestAgeMs } = this.#local.stats();
    const [oldest] = this.#outstanding.values();
    const ageMs = oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest.entry.acceptedAt);
    return { depth: depth + this.#outstanding.size, oldestAgeMs: Math.max(oldestAgeMs, ageMs) };
  }

  async drain(deadlineMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + deadlineMs;
    await this.#local.drain(deadlineMs);
    while (this.#outstanding.size > 0 && clock.monotonic() < deadline)
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, DRAIN_POLL_MS));
    this.#sweep.cancel();
  }

  /** Outcomes from the node that wrote the entries. */
  acked(acks: readonly QueueAck[]): void {
    for (const { key, sent, error } of acks) {
      const outcome = sent ?? (error && new AppError(error.code, error.message, { retryAfterMs: error.retryAfterMs }));
      if (outcome !== undefined) this.#settle(key, outcome);
    }
  }

  /** A batch of one lane, in order: to the writer, or behind what is on its way through Redis. */
  async #pass(batch: readonly SendEntry[], consumer: Consumer): ReturnType<LaneConsumer> {
    const isReady = this.#options.link.isReady;
    if (isReady && (this.#options.mode === 'always' || (!this.#isDatabaseBack && this.#outstanding.size > 0)))
      return this.#append(batch, false);
    await this.#writeWhatIsBefore(batch, isReady);
    try {
      const outcomes = await consumer(batch);
      this.#isDatabaseBack = true;
      return outcomes;
    } catch (error) {
      if (!(error instanceof AwayError)) throw error;
      this.#isDatabaseBack = false;
      if (!this.#options.link.isReady) throw error;
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
    await Promise.all(
      batch.map(async (entry) => {
        const one = this.#outstanding.get(keyOf(entry));
        if (one === undefined || one.streamId !== null) return;
        try {
          one.streamId = await this.#inTime(this.#shards.append(entry));
        } catch (error) {
          // It may be there or not; the next look writes it from here.
          this.#options.onError(error);
        }
      }),
    );
    for (const shard of new Set(batch.map((entry) => shardOf(entry.rootId)))) void this.#drainShard(shard);
    return outcomes;
  }

  #await(entry: SendEntry, maybeCommitted: boolean): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const key = keyOf(entry);
      const known = this.#outstanding.get(key);
      if (known !== undefined) return void known.waiters.push(resolve);
      const appendedAt = this.#options.clock.monotonic();
      this.#outstanding.set(key, { entry, waiters: [resolve], appendedAt, streamId: null, maybeCommitted });
    });
  }

  /** A Redis that stalls must not hold up what can be written without it. */
  #inTime<Value>(command: Promise<Value>): Promise<Value> {
    return this.#options.link.answer(command, ANSWER_TIMEOUT_MS);
  }

  #settle(key: string, outcome: SendOutcome): void {
    const one = this.#outstanding.get(key);
    if (one === undefined) return;
    this.#outstanding.delete(key);
    for (const settle of one.waiters) settle(outcome);
  }

  /** Writes what a shard holds, its own and that of other nodes, unless another node does. */
  async #drainShard(shard: number): Promise<void> {
    if (this.#draining.has(shard) || this.#consumer === null) return;
    this.#draining.add(shard);
    try {
      while (await this.#shards.hold(shard)) {
        const entries = await this.#shards.read(shard, this.#options.config.batchSize);
        if (entries.length === 0 || !(await this.#writeFor(entries, this.#consumer))) {
          // Another node may reach the database that this one does not.
          await this.#shards.release(shard);
          return;
        }
        await this.#shards.finish(
          shard,
          entries.map(({ streamId }) => streamId),
        );
      }
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#draining.delete(shard);
    }
  }

  /**
   * Writes, and tells the senders; false while the database is away. What is far too old is left out: its sender was
   * answered long ago, and no message of then shall come up by surprise.
   */
  async #writeFor(entries: readonly StreamEntry[], consumer: Consumer): Promise<boolean> {
    const oldestAllowed = this.#options.clock.now() - 2 * this.#options.config.retentionPeriod;
    const fresh = entries.filter(({ entry }) => entry.acceptedAt >= oldestAllowed);
    if (fresh.length === 0) return true;
    try {
      const outcomes = await consumer(fresh.map(({ entry }) => entry));
      this.#isDatabaseBack = true;
      const byNode = new Map<string, QueueAck[]>();
      fresh.forEach(({ entry, nodeName }, index) => {
        const acks = byNode.get(nodeName) ?? [];
        byNode.set(nodeName, [...acks, ackOf(keyOf(entry), outcomes[index])]);
      });
      for (const [nodeName, acks] of byNode) {
        if (nodeName === this.#options.nodeName) this.acked(acks);
        else this.#options.tell(nodeName, acks);
      }
      return true;
    } catch (error) {
      if (!(error instanceof AwayError)) throw error;
      this.#isDatabaseBack = false;
      return false;
    }
  }

  /** Finds what is overdue: expired, lost by Redis, written with the answer lost, or left behind by a dead node. */
  async #look(): Promise<void> {
    if (this.#isSweeping || this.#consumer === null) return;
    this.#isSweeping = true;
    try {
      await this.#expire();
      await this.#writeLost();
      if (!this.#options.link.isReady) return;
      for (const shard of await this.#inTime(this.#shards.waiting())) void this.#drainShard(shard);
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
    return this.#inTime(this.#shards.isThere(entry, streamId)).catch(() => false);
  }

  /** Writes from this node's memory; what was written elsewhere gets that first result. */
  async #writeOwn(list: readonly Outstanding[]): Promise<void> {
    const { batchSize } = this.#options.config;
    for (let start = 0; start < list.length; start += batchSize) {
      const part = list.slice(start, start + batchSize);
      for (const one of part) one.maybeCommitted = true;
      const outcomes = (await this.#consumer?.(part.map(({ entry }) => entry))) ?? [];
      this.#isDatabaseBack = true;
      part.forEach(({ entry }, index) => {
        const outcome = outcomes[index];
        if (outcome !== undefined) this.#settle(keyOf(entry), outcome);
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
        (await this.#inTime(this.#shards.withdraw(one.entry, streamId)).catch(() => false));
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

function keyOf({ channelId, id, senderId }: SendEntry): string {
  return `${channelId}/${id}/${senderId}`;
}

function ackOf(key: string, outcome: SendOutcome | undefined): QueueAck {
  if (outcome === undefined) return { key };
  if (!(outcome instanceof AppError)) return { key, sent: outcome };
  return { key, error: { code: outcome.code, message: outcome.message, retryAfterMs: outcome.retryAfterMs } };
}
