import { RecentMessages } from './cache/recent-messages.ts';
import { RedisWindowStore } from './cache/redis-window-store.ts';
import { AccessDirectory } from './channels/access.ts';
import { Fanout } from './fanout/fanout.ts';
import { Hub } from './hub/hub.ts';
import { readRecent } from './messages/recent-store.ts';
import type { NodeRooms, RoomPorts } from './node-ports.ts';
import { Flusher } from './outbox/outbox.ts';
import { buildRoad, QUEUE_ACKS } from './road.ts';
import type { FlagTeller } from './session/flag-teller.ts';
import type { Session } from './session/session.ts';
import type { Sessions } from './session/sessions.ts';
import { Sync } from './sync/sync.ts';
import { Changes } from './writer/change.ts';

/** The one circle of the house: the hub is built before the sessions that it tells. */
export interface LateParts {
  sessions: Sessions | null;
  flags: FlagTeller | null;
}

/** Everything behind the door: who is here, what they may do, and where messages go. */
export function buildRooms(ports: RoomPorts, late: LateParts) {
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
  const { metrics } = ports;
  const sync = new Sync(db, () => ports.epoch, { clock, recent, onResume: (kind) => metrics?.resumed(kind) });
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
      metrics?.repaired(outcome);
      logger.info({ outcome }, 'a channel missed events and was repaired from the database');
    },
  });
  bus.subscribe(`node:${ports.name}`);
  const road = buildRoad({
    link: ports.link,
    nodeName: ports.name,
    config,
    clock,
    logger,
    fanout,
    pool: ports.writerPool,
    onCommit: (entries) => {
      const now = clock.now();
      metrics?.committed(entries, now);
      if (metrics !== undefined) flusher.whenWritten((tookMs) => metrics.written(entries, now, tookMs));
      ports.onCommit?.(entries);
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
    changes: new Changes(db, fanout, clock),
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
