import type { WebSocketConfig } from '@parley/protocol';
import type { Actor } from './commands/handler.ts';
import type { CommandPorts } from './commands/run-command.ts';
import type { Config } from './config/settings.ts';
import { readMovedCursors } from './delivery/unread.ts';
import { Drain } from './drain.ts';
import { WebSocketGateway } from './gateway/websocket-gateway.ts';
import type { Hub } from './hub/hub.ts';
import { TopCheck } from './hub/top-check.ts';
import { originsOf } from './lib/origin.ts';
import type { Logger } from './monitoring/logger.ts';
import type { ChatNode, Door, DoorPorts, NodePorts, NodeRooms, RoomPorts } from './node-ports.ts';
import { buildRooms, type LateParts } from './node-rooms.ts';
import { CredentialCheck } from './session/credential-check.ts';
import { tellMissedCursors } from './session/cursor-check.ts';
import { Dispatch } from './session/dispatch.ts';
import { FlagTeller } from './session/flag-teller.ts';
import { Greeter } from './session/greeter.ts';
import { LossRecovery } from './session/loss-recovery.ts';
import { gainMissedMemberships } from './session/membership-check.ts';
import type { Session } from './session/session.ts';
import { Sessions } from './session/sessions.ts';
import { toldError } from './storage/told-error.ts';
import { readMemberships, readTops } from './sync/sync-store.ts';

/** How often quiet channels are compared with the database. */
const TOP_CHECK_PERIOD_MS = 10_000;

/** Builds a node whose sockets come in by HTTP upgrades. */
export function createNode(ports: NodePorts): ChatNode {
  return buildNode(
    ports,
    (door) =>
      new WebSocketGateway({
        ...door,
        connectRate: ports.config.connectRate,
        allowedOrigins: originsOf(ports.config),
        wireOf: ports.wireOf,
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
  const life: SessionLife = {
    onHello: (session) => gateway.greeting(session),
    onReady: (session) => {
      gateway.opened(session);
      ports.metrics?.opened();
      late.flags?.look(session).catch(fault);
      ports.onReady?.(session);
    },
    onSynced: (session) => gateway.synced(session),
  };
  const dispatch = buildSessions(ports, late, rooms, commands, life);
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
    const flagsFor = (actor: Actor) => ports.flagsFor?.(actor) ?? {};
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

/** Makes up for what the bus may have lost: by these checks, for channels that users were added to, and for what they have read elsewhere. */
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
  const cursors = () => tellMissedCursors({ hub, readCursors: (userIds) => readMovedCursors(db, userIds) });
  const steps = [compareTops, gain, cursors, recheckCredentials];
  return new LossRecovery({ clock, steps, onError: faultLogger(logger) });
}

/** What the door and others learn of a session as it opens. */
interface SessionLife {
  readonly onHello: (session: Session) => void;
  readonly onReady: (session: Session) => void;
  readonly onSynced: (session: Session) => void;
}

/** What stands right behind the door: who is on a socket, and what they say. */
function buildSessions(
  ports: RoomPorts,
  late: LateParts,
  rooms: NodeRooms,
  commands: CommandPorts,
  { onHello, onReady, onSynced }: SessionLife,
): Dispatch {
  const { config, clock, logger } = ports;
  const sessions = new Sessions({
    ...rooms,
    heartbeatIntervalMs: config.heartbeatInterval,
    recheck: (actor) => ports.recheckOne(actor),
    onReady,
    onSynced,
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
    onHello,
    flagsFor: (session, actor) => late.flags?.welcome(session, actor) ?? {},
    authenticate: (token, from) => ports.authenticate(token, from),
    ready: (session, resume, greet) => sessions.ready(session, resume, greet),
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

function faultLogger(logger: Logger): (error: unknown) => void {
  return (error) => logger.error({ err: error }, 'a fault');
}

function webSocketConfig(config: Config): WebSocketConfig {
  const { maxConnections, heartbeatInterval, reconnectAttempts } = config;
  return { maxConnections, heartbeatInterval, reconnectAttempts };
}
