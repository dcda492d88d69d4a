import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { AuditLog } from './audit/audit-log.ts';
import { SNAPSHOTS, upgradeDatabase } from './backup/upgrade.ts';
import { buildBackups } from './backups.ts';
import { joinCluster } from './cluster.ts';
import type { Config } from './config/settings.ts';
import { Fanout } from './fanout/fanout.ts';
import { MemoryBus } from './fanout/memory-bus.ts';
import { OperatorNotices } from './fanout/operator-notices.ts';
import { FLAGS_TOPIC } from './flags/flag-control.ts';
import { loadProvider } from './flags/load-provider.ts';
import { createHttpServer } from './http/http-server.ts';
import { listenForMetrics, serveMetrics } from './http/metrics-routes.ts';
import { registerStaticWeb } from './http/static-web.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { originsOf } from './lib/origin.ts';
import { VERSION } from './lib/version.ts';
import type { Logger } from './monitoring/logger.ts';
import { Metrics } from './monitoring/metrics.ts';
import { createNode } from './node.ts';
import type { ChatNode, NodePorts } from './node-ports.ts';
import { Wires } from './outbox/find-wire.ts';
import { PRESENCE_TOPIC } from './presence/presence-room.ts';
import { addressKey, readRanges } from './rate-limit/address.ts';
import { clientAddress } from './rate-limit/client-address.ts';
import { LocalLimiter } from './rate-limit/local-limiter.ts';
import { factorOf, policiesOf } from './rate-limit/policy.ts';
import { Indexer } from './search/indexer.ts';
import { buildState, type Foundation, handlersOf, onCommitOf, readingsOf, type State } from './state.ts';
import { demandCompatible } from './storage/migrate.ts';
import { openPostgres, type Postgres } from './storage/postgres.ts';
import { type DatabaseFacts, inspectDatabase, readEpoch } from './storage/server-state.ts';
import { ensureOwnerToken } from './users/owner-token.ts';
import { buildWatch } from './watch.ts';

/** A statement of a command that runs longer than this is cancelled: nothing may hold a connection for ever. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** Built beside this package; the same from the sources and from `dist`. */
export const WEB_DIRECTORY = fileURLToPath(new URL('../../web/dist', import.meta.url));

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
  /** Takes the node away: from a cluster so that nobody is refused, alone at once. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Migrates the database and builds the whole server on it, ready to listen. */
export async function createApp({ config, connection, logger, clock = systemClock }: AppOptions): Promise<App> {
  const flagProvider = config.flagProvider === undefined ? undefined : await loadProvider(config.flagProvider);
  const open = (maxConnections: number, statementTimeoutMs = STATEMENT_TIMEOUT_MS) =>
    openPostgres({
      connection,
      maxConnections,
      statementTimeoutMs,
      onError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
    });
  const facts = await prepareDatabase(open(2, 0), config, logger);
  const main = open(config.databasePool);
  const writer = open(config.writerLanes);
  const metrics = new Metrics(VERSION, clock);
  const epoch = await readEpoch(main.db);
  const nodeName = randomBytes(6).toString('hex');
  const onLag = (lagMs: number) => metrics.lagged(lagMs);
  const cluster = await joinCluster({ config, clock, logger, epoch, nodeName, onLag }).catch(async (error: unknown) => {
    await Promise.all([main.close(), writer.close()]);
    throw error;
  });
  const foundation: Foundation = {
    flagProvider,
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

/** Looks whether the database can be used, and brings it to the newest schema: an index of a large table takes its time. */
async function prepareDatabase(postgres: Postgres, config: Config, logger: Logger): Promise<DatabaseFacts> {
  try {
    const facts = await inspectDatabase(postgres.db, config.allowUnsafeDatabase);
    const migrated = await upgradeDatabase({
      postgres,
      directory: join(resolve(config.dataDir), SNAPSHOTS),
      keep: config.upgradeSnapshots,
      serverVersion: VERSION,
      logger,
    });
    if (migrated.length > 0)
      logger.info({ migrations: migrated.length, newest: migrated.at(-1) }, 'the schema was brought up to date');
    return facts;
  } finally {
    await postgres.close();
  }
}

type Addresses = Pick<NodePorts, 'addressOf' | 'addressKey'>;

/** The road with everything that its rooms are told. */
function buildChatNode(
  foundation: Foundation,
  state: State,
  facts: Pick<NodePorts, 'name' | 'durability' | 'epoch' | 'wireOf'> & Addresses,
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
    flagsFor: (actor) => state.flags.forClient(actor),
    onCommit: onCommitOf(state),
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
      if (topic === FLAGS_TOPIC) void state.flagRules.refresh();
    },
    onLoss: () => presence.refresh(),
  });
  // A node that was cut off from the others and died then has told of nothing, not even that.
  presence.onNodeLost = () => bus.onLoss();
  return node;
}

function buildIndexer({ main, clock, logger }: Foundation): Indexer {
  return new Indexer({
    db: main.db,
    clock,
    onFault: (error) => logger.warn({ err: error }, 'messages were not indexed for search; it is tried again'),
  });
}

function buildNotices({ connection, clock, logger, bus }: Foundation, onListening: () => void): OperatorNotices {
  return new OperatorNotices({
    connection: connection as pg.ClientConfig,
    clock,
    deliver: (notice) => bus.onPayload(notice),
    onListening,
    onFault: (error) => logger.warn({ err: error }, 'notices of the command line are not heard'),
  });
}

async function assemble(foundation: Foundation, durable: boolean, epoch: string): Promise<App> {
  const { config, clock, logger, bus, main, writer, metrics, cluster } = foundation;
  const name = foundation.nodeName;
  const watch = buildWatch(foundation);
  const state = buildState(foundation, name, new Fanout(bus), watch.trends);
  const trusted = readRanges(config.trustedProxies);
  const wires = new Wires();
  const addresses: Addresses = { addressOf: (request) => addressOf(request, trusted), addressKey };
  const facts = { name, epoch, durability: durable ? 'disk' : 'memory', wireOf: wires.of } as const;
  const node = buildChatNode(foundation, state, { ...facts, ...addresses });
  const http = await createHttpServer({
    ...addresses,
    commands: node.commands,
    db: main.db,
    attachments: state.attachments,
    auditLog: new AuditLog(main.db),
    webhooks: state.webhooks,
    mayUpload: (actor) => state.flags.value('uploads', actor),
    clock,
    logger,
    server: { name: config.name, version: VERSION },
    allowedOrigins: originsOf(config),
    publicUrl: config.publicUrl,
    checks: { database: () => checkDatabase(main), queue: () => checkQueue(node, config) },
    degrading: {
      files: () => state.files.blobs.check(),
      ...(cluster === null ? {} : { redis: () => cluster.check() }),
    },
    isDraining: () => node.isLeaving(),
    authenticate: (token, origin) => state.authenticator.authenticate(token, origin),
    mount: async (app) => {
      serveMetrics(app, metrics, config.metricsToken);
      await mountWeb(app);
    },
    onServed: ({ route, method, status, durationMs }) => metrics.served(route, method, status, durationMs),
  });
  const readings = readingsOf(foundation, state, node);
  metrics.watch(readings);
  state.flags.onChange = () => node.flagsChanged();
  const metricsServer = config.metricsPort === 0 ? null : await listenForMetrics(metrics, config.metricsPort);
  node.gateway.attach(http.fastify.server);
  const indexer = buildIndexer(foundation);
  const notices = buildNotices(foundation, () => void state.flagRules.refresh());
  const backups = buildBackups(foundation, state.files.blobs);
  return {
    node,
    ensureOwnerToken: () => ensureOwnerToken(main.db),
    async listen() {
      await notices.start();
      if (foundation.flagProvider === undefined) await state.flagRules.start();
      await state.flags.start();
      watch.start(readings);
      state.hooks.runner.start();
      indexer.start();
      state.files.collector.start();
      backups?.start();
      const { port } = await http.listen({ host: config.host, port: config.port });
      void wires.find();
      return { port, url: `http://${hostForPeople(config.host)}:${port}` };
    },
    drain: () =>
      node.drain({
        ...(cluster === null ? { spreadMs: 0 } : { noticeMs: config.drainNotice }),
        stopServing: () => http.close(),
      }),
    async close() {
      node.close();
      metricsServer?.close();
      const rooms = [indexer, state.files.collector, state.flagRules, state.hooks.runner, watch, backups];
      await Promise.all([http.close(), notices.close(), ...rooms.map((room) => room?.close())]);
      state.typing.stop();
      await Promise.all([state.delivery.drain(), state.presence.drain()]);
      await state.close();
      await Promise.all([main.close(), writer.close(), bus.close()]);
      cluster?.close();
    },
  };
}

/** Fit to serve: the database answers, and its schema is ours, or a newer one that we can live with. */
async function checkDatabase({ db }: Postgres): Promise<void> {
  if ((await demandCompatible(db)).length > 0) throw new Error('a migration has not run');
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
