import { makeUuid } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../config/config.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { policiesOf } from './policy.ts';
import type { Verdict } from './rate-limiter.ts';
import { RedisLimiter } from './redis-limiter.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

// Windows so long that no token comes anew while a test runs.
const POLICIES = policiesOf(
  readConfig({ PARLEY_RATE_MESSAGES: '60/h', PARLEY_RATE_JOINS: '20/h', PARLEY_RATE_SIGN_INS: '10/h' }),
);

async function limiters(count: number): Promise<RedisLimiter[]> {
  const prefix = `${makeUuid()}:`;
  const links = Array.from({ length: count }, () => redis.link(prefix, new FakeClock()));
  return (await Promise.all(links)).map((link) => new RedisLimiter(POLICIES, link));
}

/** As a promise, whichever the limiter gives. */
async function take(limiter: RedisLimiter, policy: 'message' | 'join'): Promise<Verdict> {
  return limiter.take(policy, 'a');
}

async function takeUntilRefused(limiter: RedisLimiter, policy: 'message' | 'join', key: string): Promise<number> {
  for (let taken = 0; taken < 1_000; taken++) if (!(await limiter.take(policy, key)).allowed) return taken;
  throw new Error('never refused');
}

describe('limits over several nodes', () => {
  test('[CLU6] a user on one node gets exactly the policy, and is told how long to wait', async () => {
    const [one] = (await limiters(1)) as [RedisLimiter];
    expect(await takeUntilRefused(one, 'message', 'a')).toBe(60);
    const verdict = await one.take('message', 'a');
    expect(verdict.allowed ? 0 : verdict.retryAfterMs).toBeGreaterThan(50_000);
    expect(verdict.allowed ? 0 : verdict.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await takeUntilRefused(one, 'message', 'b')).toBe(60);
  });

  test('[CLU6] the nodes count together: never more than the policy, less only by what other nodes hold', async () => {
    const nodes = (await limiters(3)) as [RedisLimiter, RedisLimiter, RedisLimiter];
    let joins = 0;
    let messages = 0;
    for (let round = 0; round < 100; round++) {
      const verdicts = await Promise.all(nodes.map((node) => take(node, 'join')));
      joins += verdicts.filter((verdict) => verdict.allowed).length;
      const sends = await Promise.all(nodes.map((node) => take(node, 'message')));
      messages += sends.filter((verdict) => verdict.allowed).length;
    }
    expect(joins).toBe(20);
    expect(messages).toBe(60);
  });

  test('[CLU6] most verdicts on messages need no round trip', async () => {
    const [one] = (await limiters(1)) as [RedisLimiter];
    let waited = 0;
    for (let count = 0; count < 60; count++) {
      const verdict = one.take('message', 'a');
      if (verdict instanceof Promise) waited += 1;
      expect((await verdict).allowed).toBe(true);
    }
    expect(waited).toBe(12);
  });

  test('[CLU6] takes that race for one key get no token twice', async () => {
    const [one, two] = (await limiters(2)) as [RedisLimiter, RedisLimiter];
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, index) => take(index % 2 === 0 ? one : two, 'message')),
    );
    expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(60);
  });

  test('[CLU6] keys that are lost or nonsense neither open nor lock the door', async () => {
    const [one] = (await limiters(1)) as [RedisLimiter];
    expect(await takeUntilRefused(one, 'join', 'a')).toBe(20);
    await redis.ask('FLUSHALL');
    await redis.ask('SCRIPT', 'FLUSH');
    expect((await one.take('join', 'a')).allowed).toBe(false);
    expect((await one.take('join', 'b')).allowed).toBe(true);
    const [key] = (await redis.ask('KEYS', '*rate:join:*')) as [string];
    await redis.ask('SET', key, 'nonsense');
    expect((await one.take('join', 'b')).allowed).toBe(true);
    await redis.ask('SET', key, '99999999999999');
    expect((await one.take('join', 'b')).allowed).toBe(false);
  });

  test('[CLU6] without Redis each node keeps to the policy by itself, and asks again once it is back', async () => {
    const own = await TestRedis.start();
    const link = await own.link();
    const one = new RedisLimiter(POLICIES, link);
    expect((await one.take('join', 'a')).allowed).toBe(true);
    await own.kill();
    await waitFor('it is noticed', () => !link.isReady);
    let more = 0;
    while ((await one.take('join', 'a')).allowed) more += 1;
    expect(more).toBe(19);
    await own.start();
    await waitFor('it is back', () => link.isReady);
    expect((await one.take('join', 'b')).allowed).toBe(true);
    await waitFor('it counts in Redis again', async () => {
      await one.take('join', makeUuid());
      return ((await own.ask('KEYS', '*rate:join:*')) as string[]).length > 0;
    });
    own.signal('SIGSTOP');
    expect((await one.take('join', 'c')).allowed).toBe(true);
    own.signal('SIGCONT');
    await own.stop();
  });
});
