import type { Timer } from '../lib/clock.ts';
import type { RedisLink } from '../storage/redis.ts';
import type { ShardMap } from '../storage/redis-home.ts';
import { type BusSubscriber, RedisSubscriber } from './redis-subscriber.ts';

/** How often it is looked whether slots have moved: after a failover, or when a cluster is made larger. */
const REVIEW_PERIOD_MS = 500;

export interface ShardedSubscriberPorts {
  readonly link: RedisLink;
  readonly shards: ShardMap;
  onMessage(text: string, channel: string): void;
  /** Messages may have been lost, and from now on are heard again. */
  onLoss(): void;
}

/** Listens on a cluster by sharded pub/sub: each channel at the primary of its slot, one connection to each. */
export class ShardedSubscriber implements BusSubscriber {
  readonly #ports: ShardedSubscriberPorts;
  readonly #parts = new Map<string, RedisSubscriber>();
  /** Where each wanted channel is heard at present; empty: its primary is not known. */
  readonly #places = new Map<string, string>();
  readonly #review: Timer;
  #version: string;

  constructor(ports: ShardedSubscriberPorts) {
    this.#ports = ports;
    this.#version = ports.shards.version;
    this.#review = ports.link.clock.setInterval(() => void this.#followSlots(), REVIEW_PERIOD_MS);
  }

  get isListening(): boolean {
    return [...this.#parts.values()].every((part) => part.isListening);
  }

  add(channel: string): void {
    if (this.#places.has(channel)) return;
    const shard = this.#ports.shards.shardOf(channel) ?? '';
    this.#places.set(channel, shard);
    if (shard !== '') this.#partOf(shard).add(channel);
  }

  remove(channel: string): void {
    this.#parts.get(this.#places.get(channel) ?? '')?.remove(channel);
    this.#places.delete(channel);
  }

  async whenListening(): Promise<void> {
    await Promise.all([...this.#parts.values()].map((part) => part.whenListening()));
  }

  reconnect(channel: string): void {
    this.#parts.get(this.#places.get(channel) ?? '')?.reconnect();
  }

  close(): void {
    this.#review.cancel();
    for (const part of this.#parts.values()) part.close();
  }

  #partOf(shard: string): RedisSubscriber {
    let part = this.#parts.get(shard);
    if (part === undefined) {
      part = new RedisSubscriber({ ...this.#ports, shard });
      this.#parts.set(shard, part);
    }
    return part;
  }

  /** Channels whose slot has another primary now are heard there. */
  async #followSlots(): Promise<void> {
    const { shards } = this.#ports;
    const { version } = shards;
    if (version === this.#version) return;
    this.#version = version;
    const inUse = new Set<string>();
    for (const [channel, before] of this.#places) {
      const shard = shards.shardOf(channel) ?? '';
      inUse.add(shard);
      if (shard === before) continue;
      this.#places.set(channel, shard);
      this.#parts.get(before)?.remove(channel);
      if (shard !== '') this.#partOf(shard).add(channel);
    }
    for (const [shard, part] of this.#parts) {
      if (inUse.has(shard)) continue;
      part.close();
      this.#parts.delete(shard);
    }
    await this.whenListening();
    this.#ports.onLoss();
  }
}
