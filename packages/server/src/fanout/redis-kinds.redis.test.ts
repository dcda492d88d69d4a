import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { slotOf } from '../storage/slot.ts';
import { survives } from '../testing/cluster-traffic.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { startTestCluster } from '../testing/test-cluster.ts';
import { TestRedisCluster } from '../testing/test-redis-cluster.ts';
import { TestSentinel } from '../testing/test-sentinel.ts';
import { waitFor } from '../testing/wait-for.ts';
import { describeBus } from './bus.contract.ts';
import { RedisBus } from './redis-bus.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

describe('a Redis Cluster', () => {
  let redis: TestRedisCluster;
  beforeAll(async () => {
    redis = await TestRedisCluster.start();
  });
  afterAll(() => redis.stop());

  describeBus('Redis Cluster', async () => {
    const bus = new RedisBus({ link: await redis.link(), nodeName: 'one', onError: () => {} });
    await waitFor('it listens', () => bus.isListening);
    return bus;
  });

  test('[CLU9] slots are those of the cluster', async () => {
    for (const key of ['', 'a', 'parley:{7}:x', '{}b', '{a}{b}', 'ü{ß}']) {
      expect(slotOf(key)).toBe(Number(await redis.primaries[0]?.ask('CLUSTER', 'KEYSLOT', key)));
    }
  });

  test('[CLU9] slots move to another primary in traffic: nothing is lost, doubled or refused', async () => {
    const nodes = await startTestCluster(database, redis, 3, undefined, { PARLEY_QUEUE_MODE: 'always' });
    let moved = 0;
    await survives({ database, nodes }, async () => {
      moved = await redis.reshard();
    });
    expect(moved).toBeGreaterThan(0);
    await Promise.all(nodes.map((node) => node.stop()));
  });

  test('[CLU9] a primary is killed and its replica takes its place: nothing is lost, doubled or refused', async () => {
    const nodes = await startTestCluster(database, redis, 3, undefined, { PARLEY_QUEUE_MODE: 'always' });
    await survives({ database, nodes }, () => redis.failOver());
    await Promise.all(nodes.map((node) => node.stop()));
  });
});

describe('a primary that sentinels watch', () => {
  test('[CLU9] it is killed and another one is named: nothing is lost, doubled or refused', async () => {
    const redis = await TestSentinel.start();
    const nodes = await startTestCluster(database, redis, 3, undefined, { PARLEY_QUEUE_MODE: 'always' });
    await survives({ database, nodes }, () => redis.failOver());
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.stop();
  });
});
