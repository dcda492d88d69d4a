import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestRedis } from '../../packages/server/src/testing/test-redis.ts';
import { CLUSTER, type FaultKind, hold, holdBetween, onLinks, type Scene } from './fault.ts';

function redisOf({ installation }: Scene) {
  if (installation.redis === null) throw new Error('there is no Redis in this installation');
  return installation.redis;
}

/** Changes a setting of Redis while `work` runs. */
async function withSetting(scene: Scene, name: string, value: string, work: () => Promise<void>): Promise<void> {
  const redis = redisOf(scene);
  // A map of one entry, or, from older servers, a list of name and value.
  const before = String(Object.values((await redis.ask('CONFIG', 'GET', name)) as object).at(-1));
  await redis.ask('CONFIG', 'SET', name, value);
  await work();
  await redis.ask('CONFIG', 'SET', name, before);
}

export const REDIS_FAULTS: readonly FaultKind[] = [
  {
    name: 'redis-kill',
    row: 'B1',
    what: 'kill -9 of Redis, started again, empty, after up to 2 s',
    shapes: CLUSTER,
    weight: 3,
    async run(scene) {
      const redis = redisOf(scene);
      await redis.kill();
      await holdBetween(scene, 0, 2_000);
      await redis.start();
      scene.mark();
    },
  },
  {
    name: 'redis-away',
    row: 'B2',
    what: 'Redis killed; people must be served while it is away',
    shapes: CLUSTER,
    async run(scene) {
      const redis = redisOf(scene);
      await redis.kill();
      scene.mark();
      await holdBetween(scene, 4_000, 6_000);
      await redis.start();
    },
  },
  {
    name: 'redis-deaf',
    row: 'B3',
    what: 'CLIENT KILL of the subscribers alone',
    shapes: CLUSTER,
    weight: 2,
    async run(scene) {
      const redis = redisOf(scene);
      for (let round = 0; round < 3; round++) {
        await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await holdBetween(scene, 50, 500);
      }
      scene.mark();
    },
  },
  {
    name: 'redis-stop',
    row: 'B4',
    what: 'SIGSTOP of Redis for 1 to 5 s',
    shapes: CLUSTER,
    weight: 2,
    async run(scene) {
      const redis = redisOf(scene);
      redis.signal('SIGSTOP');
      await holdBetween(scene, 1_000, 5_000);
      redis.signal('SIGCONT');
      scene.mark();
    },
  },
  {
    name: 'redis-flush',
    row: 'B5',
    what: 'FLUSHALL in traffic, three times',
    shapes: CLUSTER,
    weight: 2,
    async run(scene) {
      const redis = redisOf(scene);
      for (let round = 0; round < 3; round++) {
        await redis.ask('FLUSHALL');
        await holdBetween(scene, 50, 400);
      }
      scene.mark();
    },
  },
  {
    name: 'redis-full',
    row: 'B8',
    what: 'Redis at maxmemory: every write is refused for 1 to 3 s',
    shapes: CLUSTER,
    async run(scene) {
      await withSetting(scene, 'maxmemory', '1', () => holdBetween(scene, 1_000, 3_000));
      scene.mark();
    },
  },
  {
    name: 'redis-no-disk',
    row: 'B12',
    what: 'Redis cannot write its snapshot, and so refuses every write, for 1 to 3 s',
    shapes: CLUSTER,
    async run(scene) {
      const redis = redisOf(scene);
      // No snapshot can take the place of a folder.
      const obstacle = join(redis.directory, 'dump.rdb');
      mkdirSync(obstacle);
      await withSetting(scene, 'save', '3600 1', async () => {
        await redis.ask('BGSAVE');
        await holdBetween(scene, 1_000, 3_000);
      });
      rmSync(obstacle, { recursive: true });
      scene.mark();
    },
  },
  {
    name: 'redis-small-buffers',
    row: 'B9',
    what: 'subscribers cut for the few bytes that wait for them, for 1 to 3 s',
    shapes: CLUSTER,
    async run(scene) {
      const limit = 'normal 0 0 0 slave 268435456 67108864 60 pubsub 1024 512 1';
      await withSetting(scene, 'client-output-buffer-limit', limit, async () => {
        const { toRedis } = scene.random.pick(scene.installation.nodes);
        await onLinks(scene, [toRedis], { stall: ['down'] }, [1_000, 3_000]);
      });
      scene.mark();
    },
  },
  {
    name: 'redis-garbage-keys',
    row: 'B13',
    what: 'every key of ours overwritten with a value of another type',
    shapes: CLUSTER,
    async run(scene) {
      const redis = redisOf(scene);
      for (let round = 0; round < 2; round++) {
        const keys = (await redis.ask('KEYS', '*')) as string[];
        for (const key of keys) {
          await redis.ask('DEL', key);
          await redis.ask(...(scene.random.chance(0.5) ? ['SET', key, '\u0000{'] : ['RPUSH', key, '{"v":1e999}', '']));
        }
        await hold(300);
      }
      scene.mark();
      // What is spoilt may stay so: from here on nobody depends on it.
      await redis.ask('FLUSHALL');
    },
  },
  {
    name: 'redis-slow',
    row: 'B14',
    what: 'Redis answers 100 to 400 ms late, for 2 to 4 s',
    shapes: CLUSTER,
    run: (scene) => {
      const links = scene.installation.nodes.map(({ toRedis }) => toRedis);
      return onLinks(scene, links, { latencyMs: 50, jitterMs: 150 }, [2_000, 4_000]);
    },
  },
  {
    name: 'redis-cut-off',
    row: 'D2',
    what: 'one node cannot reach Redis for 1 to 4 s: refused, or without an answer',
    shapes: CLUSTER,
    weight: 2,
    async run(scene) {
      const { toRedis } = scene.random.pick(scene.installation.nodes);
      if (toRedis === null) return;
      const isSilent = scene.random.chance(0.5);
      if (!isSilent) toRedis.cut();
      await onLinks(scene, [toRedis], isSilent ? { stall: ['up', 'down'] } : { refuse: true }, [1_000, 4_000]);
    },
  },
  {
    name: 'redis-two',
    row: 'B7',
    what: 'one node speaks to another, empty Redis for 2 to 5 s while the rest stays: both take writes; then back',
    shapes: CLUSTER,
    async run(scene) {
      const { toRedis } = scene.random.pick(scene.installation.nodes);
      const other = await TestRedis.start();
      const aimAt = ({ port }: TestRedis) => {
        toRedis?.aim({ host: '127.0.0.1', port });
        toRedis?.cut();
      };
      aimAt(other);
      await holdBetween(scene, 2_000, 5_000);
      aimAt(redisOf(scene));
      scene.mark();
      await other.stop();
    },
  },
  {
    name: 'redis-garbled',
    row: 'B10',
    what: 'bytes that are no reply on every connection to Redis',
    shapes: CLUSTER,
    async run(scene) {
      for (const { toRedis } of scene.installation.nodes) toRedis?.garble();
      await hold(100);
      scene.mark();
    },
  },
];
