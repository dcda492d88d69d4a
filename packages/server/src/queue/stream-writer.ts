import type { QueueConfig } from '@parley/protocol';
import { present } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import { groupedBy } from '../lib/grouped-by.ts';
import { JoinedBatches } from './joined-batches.ts';
import { AwayError, type Consumer } from './message-queue.ts';
import { ackOf, type QueueAck } from './queue-ack.ts';
import type { SendEntry, SendOutcome } from './send-entry.ts';
import type { StreamEntry, StreamShards } from './stream-shards.ts';

export interface StreamWriterOptions {
  readonly shards: StreamShards;
  readonly config: QueueConfig;
  readonly clock: Clock;
  readonly writers: number;
  /** Tells a node, be it this one, how entries of its senders ended. */
  tell(nodeName: string, acks: readonly QueueAck[]): void;
  onError(error: unknown): void;
}

/**
 * Writes what lies in the streams, of this node and of others. Each shard is read by itself and in order; what is read of all of
 * them at about the same time is written together.
 */
export class StreamWriter {
  readonly #options: StreamWriterOptions;
  #batches: JoinedBatches | null = null;
  readonly #reading = new Set<number>();
  /** Shards to which something may have come since they were last read. */
  readonly #woken = new Set<number>();

  constructor(options: StreamWriterOptions) {
    this.#options = options;
  }

  /** True while something is being read or written. */
  get isBusy(): boolean {
    return this.#reading.size > 0;
  }

  start(consumer: Consumer): void {
    const { config, writers } = this.#options;
    this.#batches = new JoinedBatches({ batchSize: config.batchSize, writers, consumer });
  }

  /** Begins nothing any more: another node goes on. What is being written may end. */
  stop(): void {
    this.#batches = null;
  }

  /** Writes what these shards hold, but for those that another node writes. */
  wake(shards: Iterable<number>): void {
    if (this.#batches === null) return;
    for (const shard of shards) {
      this.#woken.add(shard);
      if (!this.#reading.has(shard)) void this.#read(shard);
    }
  }

  async #read(shard: number): Promise<void> {
    this.#reading.add(shard);
    try {
      while (this.#woken.delete(shard)) await this.#empty(shard);
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#reading.delete(shard);
    }
  }

  /** Writes until the shard is empty, or another node has it. */
  async #empty(shard: number): Promise<void> {
    const { shards, config } = this.#options;
    let written: readonly string[] = [];
    do {
      const { streamIds, entries, unreadable } = await shards.take(shard, config.batchSize, written);
      if (!(await this.#write(entries))) {
        // Another node may reach the database that this one does not, and whoever wakes this one then has time to wait.
        this.#woken.delete(shard);
        return shards.release(shard);
      }
      for (const text of unreadable) await shards.setAside(text);
      written = streamIds;
    } while (written.length > 0);
  }

  /**
   * Writes, and tells the senders; false while the database is away. What is far too old is left out: its sender was answered long
   * ago, and no message of then shall come up by surprise.
   */
  async #write(entries: readonly StreamEntry[]): Promise<boolean> {
    const { clock, config } = this.#options;
    const oldestAllowed = clock.now() - 2 * config.retentionPeriod;
    const fresh = entries.filter(({ entry }) => entry.acceptedAt >= oldestAllowed);
    const outcomes = await this.#outcomesOf(fresh.map(({ entry }) => entry));
    if (outcomes === null) return false;
    const ended = fresh.map(({ entry, nodeName }, index) => ({
      nodeName,
      ack: ackOf(entry, present(outcomes[index], 'outcome')),
    }));
    for (const [nodeName, group] of groupedBy(ended, (one) => one.nodeName))
      this.#options.tell(
        nodeName,
        group.map(({ ack }) => ack),
      );
    return true;
  }

  /** Null when they cannot be written from here. */
  async #outcomesOf(entries: readonly SendEntry[]): Promise<readonly SendOutcome[] | null> {
    if (entries.length === 0) return [];
    try {
      return (await this.#batches?.write(entries)) ?? null;
    } catch (error) {
      if (error instanceof AwayError) return null;
      throw error;
    }
  }
}
