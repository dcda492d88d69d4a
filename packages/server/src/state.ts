import type { Provider } from '@openfeature/server-sdk';
import type pg from 'pg';
import { type AccountRooms, buildAccounts } from './accounts.ts';
import type { Attachments } from './attachments/attachments.ts';
import { AuditLog } from './audit/audit-log.ts';
import { readLastBackup } from './backup/records.ts';
import { ChannelChanges } from './channels/channel-changes.ts';
import { ChannelCreation } from './channels/channel-creation.ts';
import { ChannelReader } from './channels/channel-reader.ts';
import { FirstChannels } from './channels/first-channels.ts';
import { Invitations } from './channels/invitations.ts';
import { Members } from './channels/members.ts';
import type { Cluster } from './cluster.ts';
import type { Handlers } from './commands/handler.ts';
import { buildHandlers } from './commands/registry.ts';
import type { Config } from './config/settings.ts';
import { Delivery } from './delivery/delivery.ts';
import type { Bus } from './fanout/bus.ts';
import type { Fanout } from './fanout/fanout.ts';
import { buildFiles, type Files } from './files.ts';
import { FlagControl } from './flags/flag-control.ts';
import { FlagRules } from './flags/flag-rules.ts';
import { Flags } from './flags/flags.ts';
import { ParleyProvider } from './flags/parley-provider.ts';
import { buildHooks, type Hooks } from './hooks.ts';
import type { Subscriber } from './hub/subscriber.ts';
import type { Clock } from './lib/clock.ts';
import { VERSION } from './lib/version.ts';
import { History } from './messages/history.ts';
import { MentionResolver } from './messages/mentions.ts';
import { MessageChanges } from './messages/message-changes.ts';
import { Threads } from './messages/threads.ts';
import type { Logger } from './monitoring/logger.ts';
import type { Metrics } from './monitoring/metrics.ts';
import type { Readings } from './monitoring/readings.ts';
import type { ChatNode, NodeRooms } from './node-ports.ts';
import { encodeFrame } from './outbox/frame.ts';
import { MemoryPresenceStore } from './presence/memory-presence-store.ts';
import { PresenceRoom } from './presence/presence-room.ts';
import { RedisPresenceStore } from './presence/redis-presence-store.ts';
import { Typing } from './presence/typing.ts';
import { ParkedSends } from './queue/parked-sends.ts';
import type { RateLimiter } from './rate-limit/rate-limiter.ts';
import type { RoadPorts } from './road.ts';
import { readLag } from './search/index-store.ts';
import { Search } from './search/search.ts';
import type { Postgres } from './storage/postgres.ts';
import type { Trends } from './trends/trends.ts';
import { Operators } from './users/operators.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** What every room of a server stands on. */
export interface Foundation {
  readonly connection: pg.PoolConfig;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly main: Postgres;
  readonly writer: Postgres;
  readonly limiter: RateLimiter;
  readonly metrics: Metrics;
  /** What answers for feature flags in place of our own. */
  readonly flagProvider?: Provider | undefined;
  /** What joins this node to others; null when it is alone. */
  readonly cluster: Cluster | null;
  readonly nodeName: string;
}

/** The rooms that live as long as the server. */
export interface State extends AccountRooms {
  readonly files: Files;
  readonly attachments: Attachments;
  readonly delivery: Delivery;
  readonly presence: PresenceRoom<Subscriber>;
  readonly typing: Typing;
  readonly flagRules: FlagRules;
  readonly flags: Flags;
  readonly trends: Trends;
  readonly hooks: Hooks;
  readonly webhooks: Webhooks;
}

/** The rooms that live longer than a command: accounts, receipts, presence and typing. */
export function buildState(foundation: Foundation, name: string, fanout: Fanout, trends: Trends): State {
  const { config, clock, logger, main } = foundation;
  const hooks = buildHooks(foundation, fanout);
  const files = buildFiles({ config, clock, logger, db: main.db });
  const presence = buildPresence(foundation, name, fanout);
  const accounts = buildAccounts({
    config,
    clock,
    db: main.db,
    tell: (notice) => {
      fanout.user(notice);
      // The user's own devices are told by that, those who look at him by this.
      if (notice.kind !== 'cut' || notice.reason === 'deactivated') presence.renamed(notice.userId);
    },
    onFault: (error) => logger.error({ err: error }, 'a fault of accounts'),
  });
  const delivery = new Delivery({
    db: main.db,
    pool: main.pool,
    fanout,
    clock,
    onError: (error) => logger.error({ err: error }, 'a fault of receipts'),
  });
  return {
    ...accounts,
    files,
    attachments: files.attachments,
    delivery,
    presence,
    typing: new Typing(fanout, clock),
    ...buildFlags(foundation, name),
    trends,
    hooks,
    webhooks: hooks.webhooks,
  };
}

/** The flags, and this node's copy of what our own provider answers from. */
function buildFlags({ config, clock, logger, main, flagProvider }: Foundation, domain: string) {
  const onFault = (error: unknown) => logger.warn({ err: error }, 'feature flags could not be read; those known hold');
  const flagRules = new FlagRules({ db: main.db, clock, onFault });
  const provider = flagProvider ?? new ParleyProvider(flagRules);
  return { flagRules, flags: new Flags({ provider, domain, environment: config.environment, clock, onFault }) };
}

/** Where the figures come from that are read when somebody asks. */
export function readingsOf({ config, main, writer }: Foundation, { delivery }: State, node: ChatNode): Readings {
  const poolOf = (name: string, { pool }: Postgres) => ({
    name,
    total: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  });
  return {
    connections: () => node.gateway.connections,
    connectsWaiting: () => node.gateway.waiting,
    queue: () => node.queue.stats(),
    outboxes: () => node.flusher.stats(),
    outboxBytesWaiting: () => node.flusher.blockedBytes,
    behind: () => node.hub.behind(),
    hub: () => ({ rooms: node.hub.roomCount, users: node.hub.userCount }),
    cache: () => node.recent.stats(),
    pools: () => [poolOf('main', main), poolOf('writer', writer)],
    receiptsWaiting: () => delivery.depth,
    searchLag: () => readLag(main.db),
    backupAgeMs: async () => {
      const none = config.backupTo === undefined ? Number.NaN : Number.POSITIVE_INFINITY;
      return (await readLastBackup(main.db))?.ageMs ?? none;
    },
  };
}

/** Where people are; a notice may be dropped before a socket that is behind, for the next one is whole. */
function buildPresence(
  { main, clock, logger, cluster }: Foundation,
  name: string,
  fanout: Fanout,
): PresenceRoom<Subscriber> {
  return new PresenceRoom<Subscriber>({
    db: main.db,
    store: cluster === null ? new MemoryPresenceStore(name, clock) : new RedisPresenceStore(name, cluster.link),
    fanout,
    clock,
    tell: (subscribers, json) => {
      const frame = encodeFrame(json, true);
      return subscribers.filter((subscriber) => !subscriber.outbox.push(frame));
    },
    onError: (error) => logger.error({ err: error }, 'a fault of presence'),
  });
}

/** What follows a commit besides its events: the author has read it, and types no more. */
export function onCommitOf({ delivery, typing }: { delivery: Delivery; typing: Typing }): RoadPorts['onCommit'] {
  return (entries) => {
    for (const entry of entries) {
      delivery.sent(entry.senderId, entry.channelId);
      typing.sent(entry.senderId, entry.channelId);
    }
  };
}

/** Builds the state rooms, and every command from them. */
export function handlersOf({ config, limiter, cluster }: Foundation, state: State, rooms: NodeRooms): Handlers {
  const { db, changes, fanout, clock, recent } = rooms;
  const mentions = new MentionResolver(db);
  const members = new Members(changes);
  const invitations = new Invitations(db, changes, clock);
  const channelCreation = new ChannelCreation(db, fanout);
  const firstChannels = new FirstChannels({ db, members, creation: channelCreation, names: config.firstChannels });
  return buildHandlers({
    ...rooms,
    ...state,
    limiter,
    mentions,
    members,
    invitations,
    signIn: state.signIn({
      enterChannel: (userId, admission) => invitations.enter(userId, admission),
      welcome: (user) => firstChannels.welcome(user),
    }),
    server: { name: config.name, version: VERSION, signUp: config.signUp },
    channelCreation,
    channelChanges: new ChannelChanges(changes),
    channelReader: new ChannelReader(db, fanout),
    history: new History(db, recent),
    messageChanges: new MessageChanges(changes, mentions),
    threads: new Threads(changes),
    search: new Search(db, clock),
    auditLog: new AuditLog(db),
    operators: new Operators(db),
    parkedSends: new ParkedSends({ db, clock, link: cluster?.link }),
    queueMaxSize: config.queueMaxSize,
    flagControl: new FlagControl(db),
  });
}
