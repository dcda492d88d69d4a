import { type Balancer, startBalancer } from './balancer.ts';
import { RealPostgres } from './real-postgres.ts';
import { type ServerProcess, serverProcess } from './server-process.ts';
import { TestRedis } from './test-redis.ts';

export interface RealClusterOptions {
  /** 3 where it is left out. */
  readonly size?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** More for the node with this index, such as a way to the database that can be cut. */
  envOf?(index: number, parts: Pick<RealCluster, 'postgres' | 'redis'>): Promise<Readonly<Record<string, string>>>;
  /** Settings of PostgreSQL in place of ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** PostgreSQL, Redis, nodes and what balances between them: all real, all private, each in processes of its own. */
export interface RealCluster {
  /** That of the balancer. */
  readonly url: string;
  readonly postgres: RealPostgres;
  readonly redis: TestRedis;
  readonly nodes: readonly ServerProcess[];
  readonly balancer: Balancer;
  /** The one-time token that makes the owner, while there is none. */
  ownerToken(): string;
  stop(): Promise<void>;
}

/** Processes are killed here, not machines: what the kernel has is kept. */
const UNSYNCED = { fsync: 'off', full_page_writes: 'off' };

/** Starts a whole cluster; resolves when all nodes are ready. */
export async function startRealCluster(options: RealClusterOptions = {}): Promise<RealCluster> {
  const { size = 3, env = {}, settings = UNSYNCED } = options;
  const [postgres, redis] = await Promise.all([RealPostgres.start(settings), TestRedis.start()]);
  const nodes: ServerProcess[] = [];
  try {
    for (let index = 0; index < size; index++) {
      const own = { REDIS_URL: redis.url, ...env, ...(await options.envOf?.(index, { postgres, redis })) };
      nodes.push(await serverProcess(postgres.url, own));
    }
    // The first migrates; and who starts first prints the link of the owner.
    const [first, ...others] = nodes;
    await first?.start();
    await Promise.all(others.map((node) => node.start()));
    const balancer = await startBalancer(nodes.map(({ port }) => port));
    return {
      url: balancer.url,
      postgres,
      redis,
      nodes,
      balancer,
      ownerToken: () => first?.ownerToken() ?? '',
      async stop() {
        await balancer.close();
        await stopParts(nodes, redis, postgres);
      },
    };
  } catch (error) {
    await stopParts(nodes, redis, postgres);
    throw error;
  }
}

async function stopParts(nodes: readonly ServerProcess[], redis: TestRedis, postgres: RealPostgres): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()));
  await redis.stop();
  await postgres.stop();
}
