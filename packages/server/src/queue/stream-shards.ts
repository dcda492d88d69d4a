import { errorCodeOf, type RedisLink } from '../storage/redis.ts';
import { DeadLetters } from './dead-letters.ts';
import { parseEntry } from './parse-entry.ts';
import type { SendEntry } from './send-entry.ts';
import { RELEASE_SCRIPT, WITHDRAW_SCRIPT } from './stream-scripts.ts';

/** Streams that the queue is spread over; each is written by one node at a time. Changing it is a new shape of the keys. */
export const SHARDS = 16;
const GROUP = 'writers';
/** A holder that dies frees its shard after this; a batch that takes longer is written twice, which is harmless. */
const LEASE_MS = 5_000;

/** An entry as it lies in a stream. */
export interface StreamEntry {
  readonly streamId: string;
  /** The node whose sender waits for the outcome. */
  readonly nodeName: string;
  readonly entry: SendEntry;
}

/** A channel always uses the same shard, which keeps its order. */
export function shardOf(rootId: string): number {
  return Number.parseInt(rootId.slice(-4), 16) % SHARDS;
}

/** The streams of the queue: what is asked of Redis, and nothing of what it means. */
export class StreamShards {
  readonly #link: RedisLink;
  readonly #nodeName: string;
  readonly #deadLetters: DeadLetters;

  constructor(link: RedisLink, nodeName: string) {
    this.#link = link;
    this.#nodeName = nodeName;
    this.#deadLetters = new DeadLetters(link);
  }

  /** Appends an entry and gives its id in the stream. */
  append(entry: SendEntry): Promise<string> {
    return this.#link.client.xAdd(this.#stream(shardOf(entry.rootId)), '*', {
      n: this.#nodeName,
      e: JSON.stringify(entry),
    });
  }

  async isThere(entry: SendEntry, streamId: string): Promise<boolean> {
    const found = await this.#link.client.xRange(this.#stream(shardOf(entry.rootId)), streamId, streamId);
    return found !== null && found.length > 0;
  }

  /** True when the entry was taken back before anybody read it. */
  async withdraw(entry: SendEntry, streamId: string): Promise<boolean> {
    const key = this.#stream(shardOf(entry.rootId));
    return (await this.#link.run(WITHDRAW_SCRIPT, key, [GROUP, streamId])) === 1;
  }

  /** Shards that hold something. */
  async waiting(): Promise<number[]> {
    const all = Array.from({ length: SHARDS }, (_, shard) => shard);
    const lengths = await Promise.all(all.map((shard) => this.#link.client.xLen(this.#stream(shard))));
    return all.filter((shard) => (lengths[shard] ?? 0) > 0);
  }

  /** Takes or keeps the lease of a shard; false while another node has it. */
  async hold(shard: number): Promise<boolean> {
    const { client } = this.#link;
    const lease = this.#lease(shard);
    const expiration = { type: 'PX', value: LEASE_MS } as const;
    if ((await client.set(lease, this.#nodeName, { condition: 'NX', expiration })) !== null) return true;
    if ((await client.get(lease)) !== this.#nodeName) return false;
    return (await client.pExpire(lease, LEASE_MS)) === 1;
  }

  async release(shard: number): Promise<void> {
    await this.#link.run(RELEASE_SCRIPT, this.#lease(shard), [this.#nodeName]);
  }

  /** What is first in the shard: what a former holder left unfinished, else what nobody has read. */
  async read(shard: number, count: number): Promise<StreamEntry[]> {
    try {
      return await this.#readFirst(shard, count);
    } catch (error) {
      if (errorCodeOf(error) !== 'NOGROUP') throw error;
      // The first who reads makes the group. Who takes the lease may be cut off before he does, and Redis may lose it.
      await this.#makeGroup(shard);
      return this.#readFirst(shard, count);
    }
  }

  async #readFirst(shard: number, count: number): Promise<StreamEntry[]> {
    const { client } = this.#link;
    const stream = this.#stream(shard);
    const left = await client.xPendingRange(stream, GROUP, '-', '+', count);
    if (left.length > 0)
      return await this.#claim(
        shard,
        left.map(({ id }) => id),
      );
    const read = await client.xReadGroup(GROUP, this.#nodeName, { key: stream, id: '>' }, { COUNT: count });
    const [one] = Array.isArray(read) ? read : [];
    return this.#parse(shard, (one as { messages: StreamMessage[] } | undefined)?.messages ?? []);
  }

  /** Takes over what was read and not finished. (XAUTOCLAIM does the same in one step, from Redis 6.2 on.) */
  async #claim(shard: number, streamIds: string[]): Promise<StreamEntry[]> {
    const claimed = await this.#link.client.xClaim(this.#stream(shard), GROUP, this.#nodeName, 0, streamIds);
    const messages = claimed.flatMap((message) => (message === null ? [] : [message]));
    const there = new Set(messages.map(({ id }) => id));
    // Entries that are gone stay pending until they are acknowledged.
    await this.finish(
      shard,
      streamIds.filter((id) => !there.has(id)),
    );
    return messages.length > 0 ? this.#parse(shard, messages) : this.read(shard, streamIds.length);
  }

  /** Removes entries that are done with. */
  async finish(shard: number, streamIds: string[]): Promise<void> {
    if (streamIds.length === 0) return;
    const { client } = this.#link;
    await Promise.all([
      client.xAck(this.#stream(shard), GROUP, streamIds),
      client.xDel(this.#stream(shard), streamIds),
    ]);
  }

  /** What cannot be read is set aside for the operator. */
  async #parse(shard: number, messages: readonly StreamMessage[]): Promise<StreamEntry[]> {
    const entries: StreamEntry[] = [];
    for (const { id, message } of messages) {
      const entry = parseEntry(message.e);
      if (entry !== null) entries.push({ streamId: id, nodeName: message.n ?? '', entry });
      else {
        await this.#deadLetters.add(message.e ?? '', 'unreadable');
        await this.finish(shard, [id]);
      }
    }
    return entries.length === 0 && messages.length > 0 ? this.read(shard, messages.length) : entries;
  }

  async #makeGroup(shard: number): Promise<void> {
    await this.#link.client
      .xGroupCreate(this.#stream(shard), GROUP, '0', { MKSTREAM: true })
      .catch((error: unknown) => {
        if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
      });
  }

  #stream(shard: number): string {
    return `${this.#link.prefix}queue:{${shard}}`;
  }

  #lease(shard: number): string {
    return `${this.#stream(shard)}:lease`;
  }
}

interface StreamMessage {
  readonly id: string;
  readonly message: Readonly<Record<string, string | undefined>>;
}
