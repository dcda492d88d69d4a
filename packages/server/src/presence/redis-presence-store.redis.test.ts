import { makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../lib/clock.ts';
import { RedisLink } from '../storage/redis.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { presenceStoreContract } from './presence-store.contract.ts';
import { BEAT_PERIOD_MS, LEASE_MS } from './presence-store.ts';
import { RedisPresenceStore } from './redis-presence-store.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

/** Time passes for leases by bringing their ends nearer: Redis has a clock of its own. */
const AGE = `
for _, life in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZINCRBY', KEYS[1], -ARGV[1], life) end
`;

const one = (userId: UserId, state: 'active' | 'idle' | null) => new Map([[userId, state]]);
const newUsers = (count: number): UserId[] => Array.from({ length: count }, () => makeUuid() as UserId);

describe('the presence store in Redis', () => {
  presenceStoreContract(async () => {
    const link = await redis.link(`presence-${makeUuid()}:`);
    return {
      node: (name) => new RedisPresenceStore(name, link),
      pass: async (delayMs) => {
        await link.client.eval(AGE, { keys: [`${link.prefix}presence:lives`], arguments: [String(delayMs)] });
      },
      close: () => Promise.resolve(),
    };
  });
});

/** A node whose own time is in the test's hands. */
async function nodeInTime(name: string, prefix: string) {
  let passedMs = 0;
  const clock: Clock = { ...systemClock, monotonic: () => performance.now() + passedMs };
  const link = await RedisLink.connect({ url: redis.url, prefix, clock, random: Math.random, onError: () => {} });
  return {
    store: new RedisPresenceStore(name, link),
    link,
    pass: (delayMs: number) => {
      passedMs += delayMs;
    },
  };
}

describe('faults of Redis', () => {
  test('[PRES9] while Redis is away others are where they were last read, for a bounded time, and own users are known', async () => {
    const prefix = `away-${makeUuid()}:`;
    const [ann, ben, cat] = newUsers(3) as [UserId, UserId, UserId];
    const [here, there] = [await nodeInTime('here', prefix), await nodeInTime('there', prefix)];
    await here.store.write(one(ann, 'active'));
    await there.store.write(one(ben, 'idle'));
    const all = () => here.store.read([ann, ben, cat]);
    const both = new Map([...one(ann, 'active'), ...one(ben, 'idle')]);
    expect(await all()).toEqual(both);

    await redis.kill();
    await waitFor('it is noticed', () => !here.link.isReady && !there.link.isReady);
    expect(await all()).toEqual(both);
    await here.store.write(one(cat, 'active')).catch(() => {});
    here.pass(21_000);
    expect(await all()).toEqual(new Map([...one(ann, 'active'), ...one(cat, 'active')]));
    // Whoever is watched is to be looked at again, once.
    expect(await here.store.beat()).toEqual({ lost: [], isUnsure: true, hasLostNode: false });
    await expect(here.store.beat()).rejects.toThrow();

    await redis.start();
    await waitFor('it is back', () => here.link.isReady && there.link.isReady);
    await here.store.beat();
    await there.store.beat();
    const everybody = new Map([...both, ...one(cat, 'active')]);
    expect(await there.store.read([ann, ben, cat])).toEqual(everybody);
    expect(await all()).toEqual(everybody);
    here.pass(BEAT_PERIOD_MS * 2);
    expect((await here.store.beat()).isUnsure).toBe(true);
    expect((await here.store.beat()).isUnsure).toBe(false);
    for (const { link } of [here, there]) link.close();
  });

  test('[PRES9] when Redis is emptied nobody seems gone while the nodes write their users anew', async () => {
    const prefix = `flushed-${makeUuid()}:`;
    const [ann, ben, cat] = newUsers(3) as [UserId, UserId, UserId];
    const [here, there] = [await nodeInTime('here', prefix), await nodeInTime('there', prefix)];
    await here.store.write(one(ann, 'active'));
    await there.store.write(new Map([...one(ben, 'active'), ...one(cat, 'active')]));
    const all = () => here.store.read([ann, ben, cat]);
    const before = await all();
    expect(before.size).toBe(3);
    await redis.ask('FLUSHALL');
    expect(await all()).toEqual(before);
    await here.store.beat();
    expect(await all()).toEqual(before);
    await there.store.write(one(cat, null));
    await there.store.beat();
    here.pass(BEAT_PERIOD_MS * 2);
    expect((await here.store.beat()).isUnsure).toBe(true);
    expect(await all()).toEqual(new Map([...one(ann, 'active'), ...one(ben, 'active')]));
    for (const { link } of [here, there]) link.close();
  });

  test('[PRES9] a node that was killed while Redis was emptied does not come back', async () => {
    const prefix = `both-${makeUuid()}:`;
    const [ann] = newUsers(1) as [UserId];
    const [here, there] = [await nodeInTime('here', prefix), await nodeInTime('there', prefix)];
    await here.store.beat();
    await there.store.write(one(ann, 'active'));
    expect((await here.store.read([ann])).get(ann)).toBe('active');
    there.link.close();
    await redis.ask('FLUSHALL');
    await here.store.beat();
    here.pass(BEAT_PERIOD_MS * 2);
    await here.store.beat();
    expect((await here.store.read([ann])).size).toBe(0);
    here.link.close();
  });

  test('[PRES4] what users take in Redis is bounded, goes when their node leaves, and at last by itself', async () => {
    const link = await redis.link(`many-${makeUuid()}:`);
    const usedBytes = async () => Number(/used_memory:(\d+)/.exec(String(await redis.ask('INFO', 'memory')))?.[1]);
    const before = await usedBytes();
    const store = new RedisPresenceStore('one', link);
    await store.write(new Map(newUsers(10_000).map((userId) => [userId, 'active'])));
    await store.beat();
    expect(((await usedBytes()) - before) / 10_000).toBeLessThan(160);
    const keys = await link.client.keys(`${link.prefix}*`);
    const lives = keys.filter((key) => key.includes('presence:life:'));
    expect(lives).toHaveLength(1);
    expect(await link.client.pTTL(lives[0] ?? '')).toBeGreaterThan(LEASE_MS);
    await store.leave();
    expect(await link.client.keys(`${link.prefix}presence:life:*`)).toEqual([]);
  });
});
