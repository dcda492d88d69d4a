import type { RedisClient } from './redis-client.ts';

/** What a kind of Redis is asked; the differences between one server, sentinels and a cluster end here. */
export interface RedisHome {
  /** For commands on one key each, which fail at once while their server is away. It may be another one at each use. */
  readonly client: RedisClient;
  readonly isReady: boolean;
  /** On a cluster that knows sharded pub/sub: where each channel is heard, and a word that changes when that does. */
  readonly shards: ShardMap | null;
  /** On a cluster the number of those who hear is known of one server only. */
  readonly countsListeners: boolean;
  /** Resolves when it can be used for the first time. */
  start(): Promise<void>;
  /** A connection of its own, not yet open, that ends when it is lost; to a shard's primary where one is named. */
  newConnection(shard?: string): Promise<RedisClient>;
  close(): void;
}

export interface ShardMap {
  readonly version: string;
  /** The address of the primary for a channel; undefined while nobody is known. */
  shardOf(channel: string): string | undefined;
}

export interface HomePorts {
  retryDelay(retries: number): number;
  onError(error: unknown): void;
}
