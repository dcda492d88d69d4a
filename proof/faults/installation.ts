import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy, type Random } from '@parley/load-test';
import { openPostgres, type Postgres } from '../../packages/server/src/storage/postgres.ts';
import { RealPostgres } from '../../packages/server/src/testing/real-postgres.ts';
import { type ServerProcess, serverProcess } from '../../packages/server/src/testing/server-process.ts';
import { TestRedis } from '../../packages/server/src/testing/test-redis.ts';

/** `single` is one node on PostgreSQL alone; `cluster` is three on PostgreSQL and Redis. */
export type Shape = 'single' | 'cluster';

const NODES: Readonly<Record<Shape, number>> = { single: 1, cluster: 3 };

/** Short intervals, so that a trial of seconds holds many of them. */
const ENV = {
  PARLEY_HEARTBEAT_INTERVAL_MS: '1000',
  PARLEY_CONNECT_RATE: 'off',
  PARLEY_LOG_LEVEL: 'warn',
};

/** Processes are killed here, not machines: what the kernel has is kept. */
const UNSYNCED = { fsync: 'off', full_page_writes: 'off' };
/** Few enough that a fault can take them all. */
const MAX_CONNECTIONS = 60;

/** A node, and every way that leads to it or from it. */
export interface FaultyNode {
  readonly process: ServerProcess;
  /** By which clients come. */
  readonly door: FaultProxy;
  readonly toPostgres: FaultProxy;
  readonly toRedis: FaultProxy | null;
  /** False while it is known to be down, so that a balancer would send nobody there. */
  isUp: boolean;
}

/** Real processes with a faulty network between them. */
export class Installation {
  readonly shape: Shape;
  readonly postgres: RealPostgres;
  readonly redis: TestRedis | null;
  readonly nodes: readonly FaultyNode[];
  /** Straight to the database, past every fault of the network. */
  readonly database: Postgres;
  readonly #dataDir: string;

  private constructor(
    shape: Shape,
    parts: Pick<Installation, 'postgres' | 'redis' | 'nodes' | 'database'> & { dataDir: string },
  ) {
    this.shape = shape;
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.nodes = parts.nodes;
    this.database = parts.database;
    this.#dataDir = parts.dataDir;
  }

  static async start(shape: Shape, random: Random): Promise<Installation> {
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-faults-'));
    const [postgres, redis] = await Promise.all([
      RealPostgres.start({ ...UNSYNCED, max_connections: `${MAX_CONNECTIONS}` }),
      shape === 'cluster' ? TestRedis.start() : Promise.resolve(null),
    ]);
    const nodes: FaultyNode[] = [];
    for (let index = 0; index < NODES[shape]; index++)
      nodes.push(await makeNode(index, { postgres, redis, dataDir, random }));
    const database = openPostgres({
      connection: postgres.config,
      maxConnections: 3,
      statementTimeoutMs: 20_000,
      onError: () => {},
    });
    const installation = new Installation(shape, { postgres, redis, nodes, database, dataDir });
    // The first migrates; the others find it done.
    for (const { process } of nodes) await process.start();
    return installation;
  }

  /** What went wrong in the processes themselves: nodes that ended though nobody ended them. */
  unexpectedEnds(): string[] {
    return this.nodes.flatMap(({ process, isUp }, index) =>
      isUp && process.pid() === undefined ? [`node ${index} ended by itself:\n${process.log().slice(-2_000)}`] : [],
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ process }) => process.kill()));
    await this.database.close();
    await this.redis?.stop();
    await this.postgres.stop();
    const proxies = this.nodes.flatMap(({ door, toPostgres, toRedis }) =>
      [door, toPostgres, toRedis].filter((proxy) => proxy !== null),
    );
    await Promise.all(proxies.map((proxy) => proxy.close()));
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

interface NodeParts {
  readonly postgres: RealPostgres;
  readonly redis: TestRedis | null;
  readonly dataDir: string;
  readonly random: Random;
}

async function makeNode(index: number, { postgres, redis, dataDir, random }: NodeParts): Promise<FaultyNode> {
  const fork = (name: string) => random.fork(`${name} ${index}`);
  const { host = '', port = 5432, user = '', database = '' } = postgres.config;
  const toPostgres = await FaultProxy.listen({ path: `${host}/.s.PGSQL.${port}` }, fork('to postgres'));
  const toRedis =
    redis === null ? null : await FaultProxy.listen({ host: '127.0.0.1', port: redis.port }, fork('to redis'));
  const process = await serverProcess(`postgresql://${user}@127.0.0.1:${toPostgres.port}/${database}`, {
    ...ENV,
    PARLEY_DATA_DIR: join(dataDir, `node-${index}`),
    ...(toRedis === null ? {} : { REDIS_URL: `redis://127.0.0.1:${toRedis.port}` }),
  });
  const door = await FaultProxy.listen({ host: '127.0.0.1', port: process.port }, fork('door'));
  return { process, door, toPostgres, toRedis, isUp: true };
}
