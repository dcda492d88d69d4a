import { makeUuid } from '@parley/protocol';
import { RedisBus } from '../fanout/redis-bus.ts';
import type { NodePorts } from '../node-ports.ts';
import type { RedisLink } from '../storage/redis.ts';
import type { MigratedDatabase } from './migrated-database.ts';
import { startTestNode, type TestNode } from './test-node.ts';
import { waitFor } from './wait-for.ts';

export interface ClusterNode extends TestNode {
  readonly bus: RedisBus;
  readonly link: RedisLink;
}

/** Nodes in one process that know each other only through Redis and the database. */
export async function startTestCluster(
  database: MigratedDatabase,
  redis: { link(prefix: string): Promise<RedisLink> },
  size: number,
  more: (link: RedisLink, index: number) => Partial<NodePorts> = () => ({}),
  env: Record<string, string> = {},
): Promise<ClusterNode[]> {
  const prefix = `cluster-${makeUuid()}:`;
  return Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const link = await redis.link(prefix);
      const bus = new RedisBus({ link, nodeName: `node-${index}`, onError: () => {} });
      const node = await startTestNode(database, env, { name: `node-${index}`, bus, link, ...more(link, index) });
      await waitFor('the node hears the others', () => bus.isListening);
      return {
        ...node,
        bus,
        link,
        async stop() {
          await node.stop();
          await bus.close();
        },
      };
    }),
  );
}
