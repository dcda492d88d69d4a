import type { IncomingMessage } from 'node:http';
import type { UserId, UserView, WelcomeFrame } from '@parley/protocol';
import type pg from 'pg';
import type { RecentMessages } from './cache/recent-messages.ts';
import type { AccessDirectory } from './channels/access.ts';
import type { Actor, Handlers } from './commands/handler.ts';
import type { CommandPorts } from './commands/run-command.ts';
import type { Config } from './config/settings.ts';
import type { DrainOptions } from './drain.ts';
import type { Bus } from './fanout/bus.ts';
import type { Fanout } from './fanout/fanout.ts';
import type { GatewayPorts, WebSocketGateway } from './gateway/websocket-gateway.ts';
import type { Hub } from './hub/hub.ts';
import type { AppError } from './lib/app-error.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './monitoring/logger.ts';
import type { Metrics } from './monitoring/metrics.ts';
import type { WireOf } from './outbox/find-wire.ts';
import type { Loop } from './outbox/loop.ts';
import type { Flusher } from './outbox/outbox.ts';
import type { MessageQueue } from './queue/message-queue.ts';
import type { RateLimiter } from './rate-limit/rate-limiter.ts';
import type { RoadPorts } from './road.ts';
import type { Session } from './session/session.ts';
import type { Database } from './storage/postgres.ts';
import type { RedisLink } from './storage/redis.ts';
import type { Sync } from './sync/sync.ts';
import type { Changes } from './writer/change.ts';

/** What the rooms of a node are given, whatever lets the sockets in. */
export interface RoomPorts {
  readonly name: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly db: Database;
  readonly writerPool: pg.Pool;
  readonly bus: Bus;
  /** The Redis that this node shares with others, if there is one. */
  readonly link?: RedisLink | undefined;
  readonly limiter: RateLimiter;
  readonly durability: 'disk' | 'memory';
  readonly epoch: string;
  /** Counts what happens; left out where nobody looks. */
  readonly metrics?: Metrics;
  /** The event loop that outboxes are flushed by; that of the process where it is left out. */
  readonly loop?: Loop;
  random(): number;
  factorOf(actor: Actor): number;
  authenticate(
    token: string,
    from: { address: string; userAgent: string },
  ): Promise<{ actor: Actor; user: UserView } | AppError>;
  recheck(actors: readonly Actor[]): Promise<ReadonlyMap<string, Actor>>;
  recheckOne(actor: Actor): Promise<Actor | undefined>;
  /** Builds the commands from the rooms. */
  handlersOf(rooms: NodeRooms): Handlers;
  /** The feature flags of which clients are told; none where it is left out. */
  flagsFor?(actor: Actor): WelcomeFrame['flags'] | Promise<WelcomeFrame['flags']>;
  onCommit?: RoadPorts['onCommit'];
  onReady?(session: Session): void;
  onGone?(session: Session): void;
  /** These users have left a channel that this node hears. */
  onLeft?(userIds: readonly UserId[]): void;
  onNodeNotice?(topic: string, payload: unknown): void;
  /** Something that other nodes told may have been lost. */
  onLoss?(): void;
}

/** What a node is given; `app.ts` knows where each comes from. */
export interface NodePorts extends RoomPorts {
  /** How sockets are written to. */
  readonly wireOf: WireOf;
  addressOf(request: IncomingMessage): string;
  addressKey(address: string): string;
}

/** What lets sockets in and knows who is here. */
export type Door = Pick<
  WebSocketGateway,
  'connections' | 'draining' | 'sessions' | 'endAll' | 'greeting' | 'opened' | 'synced' | 'close'
>;

/** What every door is given. */
export type DoorPorts = Pick<
  GatewayPorts,
  'config' | 'clock' | 'flusher' | 'limiter' | 'random' | 'onOpen' | 'onFrame' | 'onEnd' | 'onFault'
>;

/** The rooms that commands are built from. */
export interface NodeRooms {
  readonly db: Database;
  readonly access: AccessDirectory;
  readonly changes: Changes;
  readonly fanout: Fanout;
  readonly hub: Hub;
  readonly queue: MessageQueue;
  readonly sync: Sync;
  readonly recent: RecentMessages;
  readonly clock: Clock;
}

/** One server process as the sockets see it. */
export interface ChatNode<AnyDoor extends Door = WebSocketGateway> extends NodeRooms {
  readonly gateway: AnyDoor;
  readonly flusher: Flusher;
  /** What every door runs its commands with. */
  readonly commands: CommandPorts;
  /** Told by whoever knows that feature flags have changed: sockets whose user has others now learn them. */
  flagsChanged(): void;
  /** Told by whoever knows that the bus may have lost something. */
  compareTops(): Promise<void>;
  /** True from the beginning of a drain on. */
  isLeaving(): boolean;
  /** Takes the node away without anybody being refused. */
  drain(options?: DrainOptions): Promise<void>;
  close(): void;
}
