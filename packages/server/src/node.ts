import type { IncomingMessage } from 'node:http';
import type { UserId, UserView, WebSocketConfig, WelcomeFrame } from '@parley/protocol';
import type pg from 'pg';
import { RecentMessages } from './cache/recent-messages.ts';
import { RedisWindowStore } from './cache/redis-window-store.ts';
import { AccessDirectory } from './channels/access.ts';
import type { Actor, Handlers } from './commands/handler.ts';
import type { CommandPorts } from './commands/run-command.ts';
import type { Config } from './config/settings.ts';
import { Drain, type DrainOptions } from './drain.ts';
import type { Bus } from './fanout/bus.ts';
import { Fanout } from './fanout/fanout.ts';
import { type GatewayPorts, WebSocketGateway } from './gateway/websocket-gateway.ts';
import { Hub } from './hub/hub.ts';
import { TopCheck } from './hub/top-check.ts';
import type { AppError } from './lib/app-error.ts';
import type { Clock } from './lib/clock.ts';
import { originsOf } from './lib/origin.ts';
import { readRecent } from './messages/recent-store.ts';
import type { Logger } from './monitoring/logger.ts';
import type { Metrics } from './monitoring/metrics.ts';
import type { Loop } from './outbox/loop.ts';
import { Flusher } from './outbox/outbox.ts';
import type { MessageQueue } from './queue/message-queue.ts';
import type { RateLimiter } from './rate-limit/rate-limiter.ts';
import { buildRoad, QUEUE_ACKS, type RoadPorts } from './road.ts';
import { CredentialCheck } from './session/credential-check.ts';
import { Dispatch } from './session/dispatch.ts';
import { FlagTeller } from './session/flag-teller.ts';
import { Greeter } from './session/greeter.ts';
import { LossRecovery } from './session/loss-recovery.ts';
import { gainMissedMemberships } from './session/membership-check.ts';
import type { Session } from './session/session.ts';
import { Sessions } from './session/sessions.ts';
import type { Database } from './storage/postgres.ts';
import type { RedisLink } from './storage/redis.ts';
import { toldError } from './storage/told-error.ts';
import { Sync } from './sync/sync.ts';
import { readMemberships, readTops } from './sync/sync-store.ts';
import { Changes } from './writer/change.ts';

/** How often quiet channels are compared with the database. */
const TOP_CHECK_PERIOD_MS = 10_000;

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
  flagsFor?(actor: Actor): Promise<WelcomeFrame['flags']>;
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
  addressOf(request: IncomingMessage): string;
  addressKey(address: string): string;
}

/** What lets sockets in and knows who is here. */
export type Door = Pick<WebSocketGateway, 'connections' | 'draining' | 'sessions' | 'endAll' | 'opened' | 'close'>;

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

/** Builds a node whose sockets come in by HTTP upgrades. */
export function createNode(ports: NodePorts): ChatNode {
  return buildNode(
    ports,
    (door) =>
      new WebSocketGateway({
        ...door,
        connectRate: ports.config.connectRate,
        allowedOrigins: originsOf(ports.config),
        addressOf: (request) => ports.addressOf(request),
        addressKey: (address) => ports.addressKey(address),
        onRefused: (refusal) => ports.metrics?.refused(refusal.code),
      }),
  );
}

/** Builds the road from socket to socket, and hands each room its next. */
export function buildNode<AnyDoor extends Door>(
  ports: RoomPorts,
  openDoor: (door: DoorPorts) => AnyDoor,
): ChatNode<AnyDoor> {
  const late: LateParts = { sessions: null, flags: null };
  const { rooms, flusher, sessionOf } = buildRooms(ports, late);
  const commands = {
    handlers: ports.handlersOf(rooms),
    limiter: ports.limiter,
    factorOf: (actor: Actor) => ports.factorOf(actor),
  };
  const fault = faultLogger(ports.logger);
  const onReady = (session: Session) => {
    gateway.opened(session);
    ports.metrics?.opened();
    late.flags?.look(session).catch(fault);
    ports.onReady?.(session);
  };
  const dispatch = buildSessions(ports, late, rooms, commands, onReady);
  const gateway = openDoor({
    config: webSocketConfig(ports.config),
    clock: ports.clock,
    flusher,
    limiter: ports.limiter,
    random: () => ports.random(),
    onOpen: (session) => void sessionOf.set(session.outbox, session),
    onFrame: (session, text) => dispatch.frame(session, text),
    onEnd: (session) => late.sessions?.ended(session),
    onFault: fault,
  });
  const { clock, db } = ports;
  const topCheck = new TopCheck({
    hub: rooms.hub,
    clock,
    periodMs: TOP_CHECK_PERIOD_MS,
    readTops: (ids) => readTops(db, ids),
    onError: fault,
  });
  const sessions = () => gateway.sessions();
  if (ports.flagsFor !== undefined) {
    const flagsFor = async (actor: Actor) => (await ports.flagsFor?.(actor)) ?? {};
    late.flags = new FlagTeller({ sessions, flagsFor, onFault: fault });
  }
  const credentials = new CredentialCheck({
    clock,
    sessions,
    recheck: (actors) => ports.recheck(actors),
    onError: fault,
  });
  const recovery = buildRecovery(ports, late, rooms.hub, [() => topCheck.compareAll(), () => credentials.recheckAll()]);
  const drain = new Drain({ gateway, queue: rooms.queue, clock, random: () => ports.random() });
  ports.bus.onLoss = () => {
    recovery.run();
    ports.onLoss?.();
  };
  return {
    ...rooms,
    gateway,
    flusher,
    commands,
    flagsChanged: () => late.flags?.changed(),
    compareTops: () => topCheck.run(),
    isLeaving: () => drain.isLeaving,
    drain: (options) => drain.run(options),
    close() {
      recovery.stop();
      topCheck.stop();
      credentials.stop();
      gateway.close();
    },
  };
}

/** Makes up for what the bus may have lost: by these checks, and for channels that users were added to meanwhile. */
function buildRecovery(
  { clock, db, logger }: RoomPorts,
  late: LateParts,
  hub: Hub,
  [compareTops, recheckCredentials]: readonly [() => Promise<void>, () => Promise<void>],
): LossRecovery {
  const gain = () =>
    gainMissedMemberships({
      hub,
      readMemberships: (userIds) => readMemberships(db, userIds),
      notice: (notice, subscribers) => late.sessions?.notice(notice, subscribers),
    });
  return new LossRecovery({ clock, steps: [compareTops, gain, recheckCredentials], onError: faultLogger(logger) });
}

/** The one circle of the house: the hub is built before the sessions that it tells. */
interface LateParts {
  sessions: Sessions | null;
  flags: FlagTeller | null;
}

function faultLogger(logger: Logger): (error: unknown) => void {
  return (error) => logger.error({ err: error }, 'a fault');
}

/** Everything behind the door: who is here, what they may do, and where messages go. */
function buildRooms(ports: RoomPorts, late: LateParts) {
  const { config, clock, logger, db, bus } = ports;
  const sessionOf = new WeakMap<object, Session>();
  const flusher = new Flusher({
    maxPendingBytes: config.outboxBytes,
    ...(ports.loop === undefined ? {} : { loop: ports.loop }),
    onSlow: (outbox) => sessionOf.get(outbox)?.end('slow'),
  });
  const fanout = new Fanout(bus);
  const access = new AccessDirectory(db);
  const recent = buildRecent(ports);
  const sync = new Sync(db, () => ports.epoch, recent);
  const hub = new Hub({
    bus,
    flusher,
    clock,
    onEffect: (channelId, effect) => {
      access.apply(channelId, effect);
      if (effect?.left !== undefined && effect.left.length > 0) ports.onLeft?.(effect.left);
    },
    onUserNotice: (notice, subscribers) => {
      late.sessions?.notice(notice, subscribers);
      if (notice.kind === 'role') late.flags?.changed();
    },
    onNodeNotice: ({ topic, payload }) => {
      if (topic === QUEUE_ACKS) road.acked(payload);
      else ports.onNodeNotice?.(topic, payload);
    },
    readMissed: (channelId, since) => sync.missed(channelId, since),
    onHeard: ({ channelId, events }) => recent.take(channelId, events),
    onRepair: (outcome) => {
      ports.metrics?.repaired(outcome);
      logger.info({ outcome }, 'a channel missed events and was repaired from the database');
    },
  });
  const { metrics } = ports;
  bus.subscribe(`node:${ports.name}`);
  const road = buildRoad({
    link: ports.link,
    nodeName: ports.name,
    config,
    clock,
    logger,
    fanout,
    pool: ports.writerPool,
    onCommit: (sent, entries) => {
      metrics?.committed(entries, clock.now());
      ports.onCommit?.(sent, entries);
    },
    onBatch: (size, path) => metrics?.batch(size, path),
    onParked: () => metrics?.parked(),
  });
  const rooms: NodeRooms = {
    db,
    access,
    fanout,
    hub,
    queue: road.queue,
    sync,
    recent,
    clock,
    changes: new Changes(db, fanout),
  };
  return { rooms, flusher, sessionOf };
}

/** Recent messages, in memory and, for a node of several, in Redis. */
function buildRecent({ config, clock, db, link, metrics }: RoomPorts): RecentMessages {
  const limits = {
    messageLimit: config.cacheMessageLimit,
    expiry: config.cacheExpiry,
    refreshInterval: config.cacheRefreshInterval,
  };
  return new RecentMessages({
    config: limits,
    clock,
    load: (requests) => readRecent(db, requests, limits.messageLimit),
    shared: link === undefined ? undefined : new RedisWindowStore(link, limits.expiry),
    onRead: (outcome) => metrics?.cacheRead(outcome),
  });
}

/** What stands right behind the door: who is on a socket, and what they say. */
function buildSessions(
  ports: RoomPorts,
  late: LateParts,
  rooms: NodeRooms,
  commands: CommandPorts,
  onReady: (session: Session) => void,
): Dispatch {
  const { config, clock, logger } = ports;
  const sessions = new Sessions({
    ...rooms,
    heartbeatIntervalMs: config.heartbeatInterval,
    recheck: (actor) => ports.recheckOne(actor),
    onReady,
    onGone: (session) => ports.onGone?.(session),
    onFault: faultLogger(logger),
  });
  late.sessions = sessions;
  const greeter = new Greeter({
    clock,
    config: webSocketConfig(config),
    serverName: config.name,
    nodeName: ports.name,
    durability: ports.durability,
    epoch: () => ports.epoch,
    flagsFor: (session, actor) => late.flags?.welcome(session, actor) ?? {},
    authenticate: (token, from) => ports.authenticate(token, from),
    ready: (session, resume) => sessions.ready(session, resume),
  });
  return new Dispatch({
    ...commands,
    greeter,
    toldError,
    pong: (session) => sessions.pong(session),
    onAnswer: (name, code) => ports.metrics?.command(name, code),
    onFault: (error, session, name) =>
      logger.error({ err: error, name, session: session.credentialId }, 'a command met a fault'),
  });
}

function webSocketConfig(config: Config): WebSocketConfig {
  const { maxConnections, heartbeatInterval, reconnectAttempts } = config;
  return { maxConnections, heartbeatInterval, reconnectAttempts };
}
