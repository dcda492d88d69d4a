import { slotOf } from '../storage/slot.ts';
import { TestLinks } from './test-redis.ts';
import { type Ask, TestRedisServer } from './test-redis-server.ts';
import { waitFor } from './wait-for.ts';

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 3_000;

/** A private Redis Cluster of three primaries, the first of which has a replica. */
export class TestRedisCluster extends TestLinks {
  readonly primaries: readonly TestRedisServer[];
  readonly replica: TestRedisServer;

  private constructor(servers: readonly TestRedisServer[]) {
    const primaries = servers.slice(0, 3);
    super(`redis+cluster://${primaries.map(({ port }) => `127.0.0.1:${port}`).join(',')}`);
    this.primaries = primaries;
    this.replica = servers[3] as TestRedisServer;
  }

  static async start(): Promise<TestRedisCluster> {
    const settings = ['--cluster-enabled', 'yes', '--save', ''];
    const failover = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-require-full-coverage', 'no'];
    const servers = await Promise.all([1, 2, 3, 4].map(() => TestRedisServer.start([...settings, ...failover])));
    const [first] = servers as [TestRedisServer];
    for (const [index, server] of servers.entries()) {
      if (index < 3) {
        const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => slot % 3 === index);
        await server.ask('CLUSTER', 'ADDSLOTS', ...slots.map(String));
      }
      await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
      if (index > 0) await server.ask('CLUSTER', 'MEET', '127.0.0.1', String(first.port));
    }
    const cluster = new TestRedisCluster(servers);
    await cluster.#settle(servers);
    return cluster;
  }

  async #settle(servers: readonly TestRedisServer[]): Promise<void> {
    const info = async (server: TestRedisServer) => String(await server.ask('CLUSTER', 'INFO'));
    const isWhole = async (server: TestRedisServer) => {
      const text = await info(server);
      return text.includes('cluster_state:ok') && text.includes(`cluster_known_nodes:${servers.length}`);
    };
    await waitFor('the cluster is whole', async () => (await Promise.all(servers.map(isWhole))).every(Boolean));
    const primaryId = String(await this.primaries[0]?.ask('CLUSTER', 'MYID'));
    await waitFor('the replica is told whom to follow', () =>
      this.replica.ask('CLUSTER', 'REPLICATE', primaryId).catch(() => undefined),
    );
    await waitFor('the replica follows', async () =>
      String(await this.replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    );
    await waitFor('all know the replica', async () => {
      const views = await Promise.all(this.primaries.map((server) => server.ask('CLUSTER', 'NODES')));
      return views.every((view) => String(view).includes(`slave ${primaryId}`));
    });
  }

  /** Resolves when the replica has taken the first primary's place. */
  async failOver(): Promise<void> {
    await this.primaries[0]?.kill();
    await waitFor('the replica is promoted', async () =>
      String(await this.replica.ask('INFO', 'replication')).includes('role:master'),
    );
  }

  /**
   * Moves every slot that is in use on the busiest primary to the next, one after the other, as `redis-cli --cluster reshard`
   * does: while one moves, clients are asked to look at the other side, and then told that it has moved. Gives how many moved.
   */
  async reshard(): Promise<number> {
    const used = await Promise.all(this.primaries.map((server) => server.asking(slotsInUse)));
    const busiest = used.reduce((best, slots, index) => (slots.size > (used[best]?.size ?? 0) ? index : best), 0);
    const [source, target, other] = [0, 1, 2].map((step) => this.primaries[(busiest + step) % 3]) as TestRedisServer[];
    if (source === undefined || target === undefined || other === undefined) throw new Error('three primaries');
    return await other.asking((toOther) =>
      source.asking((toSource) =>
        target.asking(async (toTarget) => {
          const slots = await slotsInUse(toSource);
          const [sourceId, targetId] = [await toSource('CLUSTER', 'MYID'), await toTarget('CLUSTER', 'MYID')].map(
            String,
          );
          for (const slot of [...slots].map(String)) {
            await toTarget('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId));
            await toSource('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId));
            await moveKeys(toSource, slot, target.port);
            for (const ask of [toTarget, toSource, toOther])
              await ask('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId));
          }
          return slots.size;
        }),
      ),
    );
  }

  async stop(): Promise<void> {
    this.closeLinks();
    await Promise.all([...this.primaries, this.replica].map((server) => server.stop()));
  }
}

async function moveKeys(source: Ask, slot: string, port: number): Promise<void> {
  for (;;) {
    const keys = (await source('CLUSTER', 'GETKEYSINSLOT', slot, '100')) as string[];
    if (keys.length === 0) return;
    await source('MIGRATE', '127.0.0.1', String(port), '', '0', '5000', 'KEYS', ...keys);
  }
}

/** Slots of keys, and of channels that somebody listens to; before Redis 7 no channel belonged to a slot. */
async function slotsInUse(ask: Ask): Promise<Set<number>> {
  const channels = await ask('PUBSUB', 'SHARDCHANNELS').catch(() => []);
  return new Set(([await ask('KEYS', '*'), channels].flat() as string[]).map(slotOf));
}
