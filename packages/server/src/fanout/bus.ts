import type { ChannelId, Role, SessionId, UserId } from '@parley/protocol';
import type { CommittedBatch } from './committed.ts';

/** The top of a channel, told without the events: whoever is behind reads them from the database. */
export interface TopNotice {
  readonly kind: 'top';
  readonly channelId: ChannelId;
  readonly rev: number;
}

/** A frame that may be lost: typing, receipts, presence. `key` lets a later one replace it while it waits. */
export interface EphemeralNotice {
  readonly kind: 'ephemeral';
  readonly channelId: ChannelId;
  readonly json: string;
}

/** Something for all sockets of one user. */
export type UserNotice =
  | { readonly kind: 'joined'; readonly userId: UserId; readonly channelId: ChannelId }
  | { readonly kind: 'frame'; readonly userId: UserId; readonly json: string }
  /** The user's role on the server is another one from now on. */
  | { readonly kind: 'role'; readonly userId: UserId; readonly role: Role }
  /** Cut the user's sockets: those of one session or key, or all but `except`. */
  | {
      readonly kind: 'cut';
      readonly userId: UserId;
      readonly reason: 'revoked' | 'deactivated';
      readonly sessionId?: SessionId | string | undefined;
      readonly except?: SessionId | string | undefined;
    };

/** Something for every node. */
export interface NodeNotice {
  readonly kind: 'node';
  readonly topic: string;
  readonly payload: unknown;
}

export type BusPayload = CommittedBatch | TopNotice | EphemeralNotice | UserNotice | NodeNotice;

/** `nodes` is heard by every node, `node:<name>` by that one; the others by those who have somebody to tell. */
export type Topic = `channel:${string}` | `user:${string}` | `node:${string}` | `queue:${number}` | 'nodes';

/**
 * Carries committed events and notices between nodes, this one included. It is a hint: a payload may be lost, doubled or
 * late, and receivers order by rev and fill holes from the database.
 */
export interface Bus {
  publish(topic: Topic, payload: BusPayload): void;
  /** Starts to hear a topic; the first listener of a topic is what makes this node subscribe to it. */
  subscribe(topic: Topic): void;
  unsubscribe(topic: Topic): void;
  /**
   * Resolves when all topics subscribed so far are heard. Whoever then reads the database misses nothing; while other
   * nodes cannot be heard it resolves too, and `onLoss` follows.
   */
  whenListening(): Promise<void>;
  /** Called with everything heard; set once, by the hub. */
  onPayload: (payload: BusPayload) => void;
  /** Called when payloads may have been lost on the way (a reconnect): all rooms compare their tops. */
  onLoss: () => void;
  close(): Promise<void>;
}
