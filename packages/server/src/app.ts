import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { type AccountRooms, buildAccounts } from './accounts.ts';
import { Attachments } from './attachments/attachments.ts';
import { DiskBlobStore } from './attachments/disk-blob-store.ts';
import { ChannelChanges } from './channels/channel-changes.ts';
import { ChannelCreation } from './channels/channel-creation.ts';
import { ChannelReader } from './channels/channel-reader.ts';
import { FirstChannels } from './channels/first-channels.ts';
import { Invitations } from './channels/invitations.ts';
import { Members } from './channels/members.ts';
import { type Cluster, joinCluster } from './cluster.ts';
import type { Handlers } from './commands/handler.ts';
import { buildHandlers } from './commands/registry.ts';
import type { Config } from './config/settings.ts';
import { Delivery } from './delivery/delivery.ts';
import type { Bus } from './fanout/bus.ts';
import { Fanout } from './fanout/fanout.ts';
import { MemoryBus } from './fanout/memory-bus.ts';
import { OperatorNotices } from './fanout/operator-notices.ts';
import { createHttpServer } from './http/http-server.ts';
import { listenForMetrics, serveMetrics } from './http/metrics-routes.ts';
import { registerStaticWeb } from './http/static-web.ts';
import type { Subscriber } from './hub/subscriber.ts';
import { present } from './lib/assert.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { originsOf } from './lib/origin.ts';
import { History } from './messages/history.ts';
import { MentionResolver } from './messages/mentions.ts';
import { MessageChanges } from './messages/message-changes.ts';
import { Threads } from './messages/threads.ts';
import type { Logger } from './monitoring/logger.ts';
import { Metrics, type Readings } from './monitoring/metrics.ts';
import { type ChatNode, createNode, type NodePorts, type NodeRooms } from './node.ts';
import { encodeFrame } from './outbox/frame.ts';
import { MemoryPresenceStore } from './presence/memory-presence-store.ts';
import { PRESENCE_TOPIC, PresenceRoom } from './presence/presence-room.ts';
import { Typing } from './presence/typing.ts';
import { addressKey, readRanges } from './rate-limit/address.ts';
import { clientAddress } from './rate-limit/client-address.ts';
import { LocalLimiter } from './rate-limit/local-limiter.ts';
import { factorOf, policiesOf } from './rate-limit/policy.ts';
import type { RateLimiter } from './rate-limit/rate-limiter.ts';
import type { RoadPorts } from './road.ts';
import { Indexer } from './search/indexer.ts';
import { Search } from './search/search.ts';
import { migrateUp, migrationStates } from './storage/migrate.ts';
import { openPostgres, type Postgres } from './storage/postgres.ts';
import { inspectDatabase, readEpoch } from './storage/server-state.ts';
import { ensureOwnerToken } from './users/owner-token.ts';
import { Changes } from './writer/change.ts';

/** A statement of a command that runs longer than this is cancelled: nothing may hold a connection for ever. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** Built beside this package; the same from the sources and from `dist`. */
export const WEB_DIRECTORY = fileURLToPath(new URL('../../web/dist', import.meta.url));
export const VERSION = '0.1.0';

export interface AppOptions {
  readonly config: Config;
  readonly connection: pg.PoolConfig;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** A running server. */
export interface App {
  readonly node: ChatNode;
  /** Serves; resolves with where. */
  listen(): Promise<{ url: string; port: number }>;
  /** The one-time token that makes the first account; null when there is an owner. */
  ensureOwnerToken(): Promise<string | null>;
  drain(spreadMs?: number): Promise<void>;
  close(): Promise<void>;
}

interface Foundation {
  readonly connection: pg.PoolConfig;
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly main: Postgres;
  readonly writer: Postgres;
  readonly limiter: RateLimiter;
  readonly metrics: Metrics;
  /** What joins this node to others; null when it is alone. */
  readonly cluster: Cluster | null;
  readonly nodeName: string;
}

/** Migrates the database and builds the whole server on it, ready to listen. */
export async function createApp({ config, connection, logger, clock = systemClock }: AppOptions): Promise<App> {
  const open = (maxConnections: number) =>
    openPostgres({
      connection,
      maxConnections,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
    });
  const main = open(config.databasePool);
  const writer = open(config.writerLanes);
  const facts = await inspectDatabase(main.db, config.allowUnsafeDatabase);
  const migrated = await migrateUp(main.db);
  if (migrated.length > 0)
    logger.info({ migrations: migrated.length, newest: migrated.at(-1) }, 'the schema was brought up to date');
  const metrics = new Metrics(VERSION, clock);
  const epoch = await readEpoch(main.db);
  const nodeName = randomBytes(6).toString('hex');
  const cluster = await joinCluster({ config, clock, logger, epoch, nodeName }).catch(async (error: unknown) => {
    await Promise.all([main.close(), writer.close()]);
    throw error;
  });
  const foundation: Foundation = {
    metrics,
    connection,
    config,
    clock,
    logger,
    bus: cluster?.bus ?? new MemoryBus(),
    main,
    writer,
    limiter: cluster?.limiter ?? new LocalLimiter(policiesOf(config), clock),
    cluster,
    nodeName,
  };
  return assemble(foundation, facts.durable, epoch);
}

interface State extends AccountRooms {
  readonly attachments: Attachments;
  readonly delivery: Delivery;
  readonly presence: PresenceRoom<Subscriber>;
  readonly typing: Typing;
}

/** The rooms that live longer than a command: accounts, receipts, presence and typing. */
function buildState(foundation: Foundation, name: string, fanout: Fanout): State {
  const { config, clock, logger, main } = foundation;
  const accounts = buildAccounts({
    config,
    clock,
    db: main.db,
    tell: (notice) => fanout.user(notice),
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
    attachments: new Attachments({
      db: main.db,
      clock,
      blobs: new DiskBlobStore(join(config.dataDir, 'attachments')),
      maxBytes: config.maxUploadBytes,
      quotaBytes: config.uploadQuota,
      onFault: (error) => logger.warn({ err: error }, 'files that nobody needs were not removed; it is tried again'),
    }),
    delivery,
    presence: buildPresence(foundation, name, fanout),
    typing: new Typing(fanout, clock),
  };
}

type Addresses = Pick<NodePorts, 'addressOf' | 'addressKey'>;

/** The road with everything that its rooms are told. */
function buildChatNode(
  foundation: Foundation,
  state: State,
  facts: Pick<NodePorts, 'name' | 'durability' | 'epoch'> & Addresses,
): ChatNode {
  const { config, clock, logger, bus, main, writer, limiter, metrics } = foundation;
  const { authenticator, presence, typing } = state;
  const node: ChatNode = createNode({
    ...facts,
    config,
    clock,
    logger,
    db: main.db,
    writerPool: writer.pool,
    link: foundation.cluster?.link,
    bus,
    limiter,
    metrics,
    random: Math.random,
    factorOf: (actor) => factorOf(config.rateFactors, actor),
    authenticate: (token, from) => authenticator.authenticate(token, from),
    recheck: (actors) => authenticator.recheck(actors),
    recheckOne: (actor) => authenticator.recheckOne(actor),
    handlersOf: (rooms) => handlersOf(foundation, state, rooms),
    onCommit: onCommitOf(foundation, state, new Fanout(bus)),
    onReady: (session) => presence.opened(session),
    onGone: (session) => {
      presence.gone(session);
      if (node.hub.subscribersOf(session.userId) === undefined) typing.gone(session.userId);
    },
    onLeft: (userIds) => {
      presence.left(userIds).catch((error: unknown) => logger.error({ err: error }, 'a fault of presence'));
    },
    onNodeNotice: (topic, payload) => {
      if (topic === PRESENCE_TOPIC) presence.noticed(payload);
    },
  });
  return node;
}

async function assemble(foundation: Foundation, durable: boolean, epoch: string): Promise<App> {
  const { config, clock, logger, bus, main, writer, metrics, cluster } = foundation;
  const name = foundation.nodeName;
  const state = buildState(foundation, name, new Fanout(bus));
  const trusted = readRanges(config.trustedProxies);
  const addresses: Addresses = { addressOf: (request) => addressOf(request, trusted), addressKey };
  const node = buildChatNode(foundation, state, { name, epoch, durability: durable ? 'disk' : 'memory', ...addresses });
  const http = await createHttpServer({
    ...addresses,
    commands: node.commands,
    db: main.db,
    attachments: state.attachments,
    clock,
    logger,
    server: { name: config.name, version: VERSION },
    allowedOrigins: originsOf(config),
    publicUrl: config.publicUrl,
    checks: { database: () => checkDatabase(main), queue: () => checkQueue(node, config) },
    degrading: cluster === null ? {} : { redis: () => cluster.check() },
    isDraining: () => node.gateway.draining,
    authenticate: (token, origin) => state.authenticator.authenticate(token, origin),
    mount: async (app) => {
      serveMetrics(app, metrics, config.metricsToken);
      await mountWeb(app);
    },
    onServed: ({ route, method, status, durationMs }) => metrics.served(route, method, status, durationMs),
  });
  metrics.watch(readingsOf(foundation, state, node));
  const metricsServer = config.metricsPort === 0 ? null : await listenForMetrics(metrics, config.metricsPort);
  node.gateway.attach(http.fastify.server);
  const indexer = new Indexer({
    db: main.db,
    clock,
    onFault: (error) => logger.warn({ err: error }, 'messages were not indexed for search; it is tried again'),
  });
  const notices = new OperatorNotices({
    connection: foundation.connection as pg.ClientConfig,
    clock,
    deliver: (notice) => bus.onPayload(notice),
    onFault: (error) => logger.warn({ err: error }, 'notices of the command line are not heard'),
  });
  return {
    node,
    ensureOwnerToken: () => ensureOwnerToken(main.db),
    async listen() {
      await notices.start();
      indexer.start();
      state.attachments.start();
      const { port } = await http.listen({ host: config.host, port: config.port });
      return { port, url: `http://${hostForPeople(config.host)}:${port}` };
    },
    drain: (spreadMs) => node.drain(spreadMs),
    async close() {
      node.close();
      metricsServer?.close();
      await Promise.all([http.close(), notices.close(), indexer.close(), state.attachments.close()]);
      state.typing.stop();
      await Promise.all([state.delivery.drain(), state.presence.drain()]);
      await state.close();
      await Promise.all([main.close(), writer.close(), bus.close()]);
      cluster?.close();
    },
  };
}

/** Where the figures come from that are read when somebody asks. */
function readingsOf({ main, writer }: Foundation, { delivery }: State, node: ChatNode): Readings {
  const poolOf = (name: string, { pool }: Postgres) => ({
    name,
    total: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  });
  return {
    connections: () => node.gateway.connections,
    queue: () => node.queue.stats(),
    outboxes: () => node.flusher.stats(),
    hub: () => ({ rooms: node.hub.roomCount, users: node.hub.userCount }),
    pools: () => [poolOf('main', main), poolOf('writer', writer)],
    receiptsWaiting: () => delivery.depth,
  };
}

/** Where people are; a notice may be dropped before a socket that is behind, for the next one is whole. */
function buildPresence({ main, clock, logger }: Foundation, name: string, fanout: Fanout): PresenceRoom<Subscriber> {
  return new PresenceRoom<Subscriber>({
    db: main.db,
    store: new MemoryPresenceStore(name, clock),
    fanout,
    clock,
    tell: (subscribers, json) => {
      const frame = encodeFrame(json, true);
      return subscribers.filter((subscriber) => !subscriber.outbox.push(frame));
    },
    onError: (error) => logger.error({ err: error }, 'a fault of presence'),
  });
}

/** What follows a commit besides its events: the author has read it, and whom a reply concerns follows its thread. */
function onCommitOf(
  { main, logger }: Foundation,
  { delivery, typing }: { delivery: Delivery; typing: Typing },
  fanout: Fanout,
): RoadPorts['onCommit'] {
  const threads = new Threads(main.db, new Changes(main.db, fanout));
  return (sent, entries) => {
    for (const entry of entries) {
      delivery.sent(entry.senderId, entry.channelId);
      typing.sent(entry.senderId, entry.channelId);
    }
    const replies = entries.flatMap((entry, index) =>
      entry.rootId === entry.channelId ? [] : [{ ...entry, seq: present(sent[index], 'sent').seq }],
    );
    if (replies.length === 0) return;
    threads
      .followReplies(replies)
      .catch((error: unknown) => logger.error({ err: error }, 'nobody was let follow a thread'));
  };
}

/** Fit to serve: the database answers, and knows the newest schema. */
async function checkDatabase({ db }: Postgres): Promise<void> {
  const states = await migrationStates(db);
  if (states.some((state) => state.ranAt === null)) throw new Error('a migration has not run');
}

/** Fit to serve: sends that are taken now will not meet a full queue. */
async function checkQueue(node: ChatNode, config: Config): Promise<void> {
  if (node.queue.stats().depth >= config.queueMaxSize) throw new Error('the queue is full');
}

/** Serves the web app where it was built. */
async function mountWeb(app: FastifyInstance): Promise<void> {
  if (existsSync(WEB_DIRECTORY)) await registerStaticWeb(app, WEB_DIRECTORY);
}

/** An address that listens everywhere is reached by name. */
function hostForPeople(host: string): string {
  if (host === '127.0.0.1' || host === '0.0.0.0' || host === '::' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function addressOf(request: IncomingMessage, trusted: ReturnType<typeof readRanges>): string {
  return clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], trusted);
}

/** Builds the state rooms, and every command from them. */
function handlersOf({ config, limiter }: Foundation, state: State, rooms: NodeRooms): Handlers {
  const { db, changes, fanout, clock } = rooms;
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
    history: new History(db),
    messageChanges: new MessageChanges(changes, mentions),
    threads: new Threads(db, changes),
    search: new Search(db, clock),
  });
}
