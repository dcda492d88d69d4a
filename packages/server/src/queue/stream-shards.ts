import type { RedisLink } from '../storage/redis.ts';
import { DeadLetters } from './dead-letters.ts';
import { parseEntry } from './parse-entry.ts';
import type { SendEntry } from './send-entry.ts';
import { APPEND_SCRIPT, RELEASE_SCRIPT, TAKE_SCRIPT, WITHDRAW_SCRIPT } from './stream-scripts.ts';

/** Streams that the queue is spread over; each is written by one node at a time. Changing it is a new shape of the keys. */
export const SHARDS = 16;
const GROUP = 'writers';
/** A holder that dies frees its shard after this; a batch that takes longer is written twice, which is harmless. */
const LEASE_MS = 5_000;
const ANSWER_TIMEOUT_MS = 1_000;

/** An entry as it lies in a stream. */
export interface StreamEntry {
  readonly streamId: string;
  /** The node whose sender waits for the outcome. */
  readonly nodeName: string;
  readonly entry: SendEntry;
}

/** What was read of a shard. */
export interface Taken {
  /** All that was read, and is to be removed once it is done with. */
  readonly streamIds: readonly string[];
  /** What of it can be read. */
  readonly entries: readonly StreamEntry[];
  /** The text of what cannot. */
  readonly unreadable: readonly string[];
}

/** A channel always uses the same shard, which keeps its order. */
export function shardOf(rootId: string): number {
  return Number.parseInt(rootId.slice(-4), 16) % SHARDS;
}

/** The streams of the queue: what is asked of Redis, and nothing of what it means. What it does not answer in time is rejected. */
export class StreamShards {
  readonly #link: RedisLink;
  readonly #nodeName: string;
  readonly #deadLetters: DeadLetters;

  constructor(link: RedisLink, nodeName: string) {
    this.#link = link;
    this.#nodeName = nodeName;
    this.#deadLetters = new DeadLetters(link);
  }

  /** Appends entries, all or none, and gives their ids in the stream. */
  async append(shard: number, entries: readonly SendEntry[]): Promise<string[]> {
    const values = [this.#nodeName, ...entries.map((entry) => JSON.stringify(entry))];
    return (await this.#inTime(this.#link.run(APPEND_SCRIPT, this.#stream(shard), values))) as string[];
  }

  async isThere(entry: SendEntry, streamId: string): Promise<boolean> {
    const key = this.#stream(shardOf(entry.rootId));
    const found = await this.#inTime(this.#link.client.xRange(key, streamId, streamId));
    return found !== null && found.length > 0;
  }

  /** True when the entry was taken back before anybody read it. */
  async withdraw(entry: SendEntry, streamId: string): Promise<boolean> {
    const key = this.#stream(shardOf(entry.rootId));
    return (await this.#inTime(this.#link.run(WITHDRAW_SCRIPT, key, [GROUP, streamId]))) === 1;
  }

  /** Shards that hold something. */
  async waiting(): Promise<number[]> {
    const all = Array.from({ length: SHARDS }, (_, shard) => shard);
    const lengths = await this.#inTime(Promise.all(all.map((shard) => this.#link.client.xLen(this.#stream(shard)))));
    return all.filter((shard) => (lengths[shard] ?? 0) > 0);
  }

  /**
   * Takes or keeps a shard, and gives what is first in it, once `done` is removed from it. Nothing when it was empty, and was given
   * back, or when another node has it.
   */
  async take(shard: number, most: number, done: readonly string[]): Promise<Taken> {
    const keys = [this.#stream(shard), this.#lease(shard)];
    const values = [GROUP, this.#nodeName, String(LEASE_MS), String(most), ...done];
    const found = (await this.#inTime(this.#link.run(TAKE_SCRIPT, keys, values))) as [id: string, fields: string[]][];
    const entries: StreamEntry[] = [];
    const unreadable: string[] = [];
    for (const [streamId, fields] of found) {
      const { n: nodeName = '', e: text = '' } = Object.fromEntries(pairs(fields));
      const entry = parseEntry(text);
      if (entry === null) unreadable.push(text);
      else entries.push({ streamId, nodeName, entry });
    }
    return { streamIds: found.map(([streamId]) => streamId), entries, unreadable };
  }

  /** Keeps what cannot be read for the operator. */
  async setAside(text: string): Promise<void> {
    await this.#inTime(this.#deadLetters.add(text, 'unreadable'));
  }

  async release(shard: number): Promise<void> {
    await this.#inTime(this.#link.run(RELEASE_SCRIPT, this.#lease(shard), [this.#nodeName]));
  }

  /** A Redis that says nothing must not hold up what can be written without it, nor keep a shard from being tried again. */
  #inTime<Value>(command: Promise<Value>): Promise<Value> {
    return this.#link.answer(command, ANSWER_TIMEOUT_MS);
  }

  #stream(shard: number): string {
    return `${this.#link.prefix}queue:{${shard}}`;
  }

  #lease(shard: number): string {
    return `${this.#stream(shard)}:lease`;
  }
}

/** The fields of an entry, which Redis gives as names and values in turn. */
function pairs(fields: readonly string[]): [name: string, value: string][] {
  return fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : []));
}
