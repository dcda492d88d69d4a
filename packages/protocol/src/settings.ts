import type { HistoryPage, Sent } from './message.ts';
import type { Action, Role } from './roles.ts';

/** How the gateway serves sockets. */
export interface WebSocketConfig {
  /** Sockets of this node, over all users. Further ones are closed as `full`. */
  readonly maxConnections: number;
  /** Milliseconds between signs of life; a socket silent for twice as long is dead. */
  readonly heartbeatInterval: number;
  /** How often a client tries again before it tells its user; 0 means for ever. Told to clients in the welcome frame. */
  readonly reconnectAttempts: number;
}

/** A rate: `limit` events in `windowMs`, with the whole limit as burst. */
export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/** The limits that the mission names; per user over all of the user's sockets. */
export interface RateLimits {
  readonly messageRate: Rate;
  readonly channelCreation: Rate;
  readonly joinRate: Rate;
}

export interface QueueConfig {
  /** Sends that may wait; above it a send is answered `busy`. */
  readonly maxSize: number;
  /** Milliseconds an uncommitted send may wait before its sender is told `expired`. */
  readonly retentionPeriod: number;
  /** Rows per transaction, at most 200: larger batches cost latency and gain nothing. */
  readonly batchSize: number;
}

export interface CacheConfig {
  /** Last changes (mostly new messages) kept per channel; 0: none. */
  readonly messageLimit: number;
  /** Milliseconds after which an unused entry goes. */
  readonly expiry: number;
  /** Milliseconds after which an entry in use is written anew for other nodes; every use compares it with the database. */
  readonly refreshInterval: number;
}

export interface ChannelConfig {
  readonly maxMembers: number | null;
  readonly roles: readonly Role[];
  readonly permissions: ReadonlyMap<Role, readonly Action[]>;
}

export interface PaginationParams {
  readonly limit: number;
  /** Messages to skip, counted from the newest; arithmetic on `seq`, at the REST door only. */
  readonly offset?: number;
  readonly lastMessageId?: string;
}

/** What keeps messages: the writer and the history room together. */
export interface MessagePersistence<Message> {
  saveMessage(message: Message): Promise<Sent>;
  retrieveMessages(channelId: string, params: PaginationParams): Promise<HistoryPage>;
}

export interface LoadTest {
  readonly concurrentUsers: number;
  /** Messages per second, over all users. */
  readonly messageRate: number;
  /** Milliseconds. */
  readonly duration: number;
}
