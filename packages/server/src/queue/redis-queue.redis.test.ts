import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { entryOf } from '../testing/test-entry.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { DeadLetters } from './dead-letters.ts';
import { describeQueue } from './message-queue.contract.ts';
import { AwayError, type Consumer } from './message-queue.ts';
import { RedisQueue, type RedisQueueOptions } from './redis-queue.ts';
import type { SendEntry, SendOutcome } from './send-entry.ts';
import { shardOf } from './stream-shards.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

/** Redis answers in real time while the queue's clock stands still. */
async function advance(clock: FakeClock, byMs: number): Promise<void> {
  for (let passed = 0; passed < byMs; passed += 20) {
    await clock.advance(20);
    await redis.ask('PING');
  }
}

for (const mode of ['overflow', 'always'] as const) {
  describeQueue(`redis (${mode})`, async (config) => {
    const clock = new FakeClock();
    const link = await redis.link(`${makeUuid()}:`);
    const options = { config, clock, link, mode, writers: 2, nodeName: 'one', tell: () => {}, onError: () => {} };
    const queue = new RedisQueue(options);
    return {
      queue,
      advance: (byMs: number) => advance(clock, byMs),
      now: () => clock.now(),
      close: () => queue.drain(0),
    };
  });
}

const CONFIG = { maxSize: 10_000, retentionPeriod: 60_000, batchSize: 50 };

/** A database that all nodes write to: the first write of an id counts. */
class Table {
  readonly bodies: string[] = [];
  readonly #ids = new Map<string, SendOutcome>();

  write(batch: readonly SendEntry[]): SendOutcome[] {
    return batch.map((entry) => {
      const known = this.#ids.get(entry.id);
      if (known !== undefined) return known;
      this.bodies.push(entry.body);
      const seq = this.bodies.length;
      const sent = { channelId: entry.channelId, id: entry.id, seq, rev: seq, createdAt: 0 };
      this.#ids.set(entry.id, sent);
      return sent;
    });
  }
}

async function twoNodes(
  server: TestRedis,
  consumers: readonly [Consumer, Consumer],
  options: Partial<Pick<RedisQueueOptions, 'clock' | 'mode'>> = {},
): Promise<RedisQueue[]> {
  const prefix = `${makeUuid()}:`;
  const queues: RedisQueue[] = [];
  for (const [index, consumer] of consumers.entries()) {
    const queue = new RedisQueue({
      config: CONFIG,
      clock: systemClock,
      link: await server.link(prefix),
      mode: 'overflow',
      writers: 2,
      nodeName: `node-${index}`,
      tell: (nodeName, acks) =>
        queues[Number(nodeName.slice(-1))]?.acked(JSON.parse(JSON.stringify(acks)) as typeof acks),
      onError: () => {},
      ...options,
    });
    queue.start(consumer);
    queues.push(queue);
  }
  return queues;
}

const channelId = makeUuid() as ChannelId;
const textOf = (body: string): SendEntry => entryOf(channelId, makeUuid() as UserId, { body });
const bodies = Array.from({ length: 200 }, (_, index) => String(index));

describe('the queue between nodes', () => {
  test('[CLU8] what one node cannot write another writes, in order, and the sender learns it', async () => {
    const table = new Table();
    let away = true;
    const mayBeAway: Consumer = (batch) =>
      away ? Promise.reject(new AwayError(true, null)) : Promise.resolve(table.write(batch));
    const [one, two] = (await twoNodes(redis, [mayBeAway, (batch) => Promise.resolve(table.write(batch))])) as [
      RedisQueue,
      RedisQueue,
    ];
    const settled: SendOutcome[] = [];
    for (const body of bodies) one.enqueue(textOf(body), (outcome) => settled.push(outcome));
    await waitFor('all are settled', () => settled.length === bodies.length);
    away = false;
    const last: SendOutcome[] = [];
    one.enqueue(textOf('last'), (outcome) => last.push(outcome));
    await waitFor('the last is settled', () => last.length === 1);
    expect(table.bodies).toEqual([...bodies, 'last']);
    expect(settled.every((outcome) => !(outcome instanceof Error))).toBe(true);
    await Promise.all([one.drain(1_000), two.drain(1_000)]);
  });

  test('[CLU8] what waits in a Redis that loses everything, or goes away, is written from memory, in order', async () => {
    const own = await TestRedis.start();
    const table = new Table();
    let away = true;
    const consumer: Consumer = (batch) =>
      away ? Promise.reject(new AwayError(true, null)) : Promise.resolve(table.write(batch));
    const [one, two] = (await twoNodes(own, [consumer, consumer])) as [RedisQueue, RedisQueue];
    const settled: SendOutcome[] = [];
    const put = (body: string) => one.enqueue(textOf(body), (outcome) => settled.push(outcome));
    for (const body of bodies.slice(0, 100)) put(body);
    await waitFor('they are in Redis', async () => ((await own.ask('KEYS', '*queue:{*}')) as string[]).length > 0);
    await own.ask('FLUSHALL');
    for (const body of bodies.slice(100, 150)) put(body);
    await own.kill();
    for (const body of bodies.slice(150)) put(body);
    away = false;
    await waitFor('all are settled', () => settled.length === bodies.length);
    expect(table.bodies).toEqual(bodies);
    expect(one.stats().depth).toBe(0);
    await Promise.all([one.drain(1_000), two.drain(1_000)]);
    await own.stop();
  });

  test('[CLU8] a node whose connection broke between taking a shard and making its group writes it all the same', async () => {
    const link = await redis.link(`${makeUuid()}:`);
    // As it is left behind: a lease that is held, and no group.
    await link.client.set(`${link.prefix}queue:{${shardOf(channelId)}}:lease`, 'one', {
      expiration: { type: 'PX', value: 5_000 },
    });
    const table = new Table();
    const options = { config: CONFIG, clock: systemClock, link, mode: 'always' as const, writers: 2, nodeName: 'one' };
    const queue = new RedisQueue({ ...options, tell: () => {}, onError: () => {} });
    queue.start((batch) => Promise.resolve(table.write(batch)));
    const settled: SendOutcome[] = [];
    queue.enqueue(textOf('here'), (outcome) => settled.push(outcome));
    await waitFor('it is settled', () => settled.length === 1);
    expect(table.bodies).toEqual(['here']);
    await queue.drain(1_000);
  });

  test('[CLU12] what either of two nodes appends for many channels is written at once, in few batches', async () => {
    const table = new Table();
    let batches = 0;
    const consumer: Consumer = (batch) => {
      batches += 1;
      return Promise.resolve(table.write(batch));
    };
    // A clock that stands still: whatever looks from time to time never does.
    const nodes = await twoNodes(redis, [consumer, consumer], { clock: new FakeClock(), mode: 'always' });
    const channels = Array.from({ length: 40 }, () => makeUuid() as ChannelId);
    for (let round = 0; round < 50; round++) {
      let settled = 0;
      for (const [index, channel] of channels.entries()) {
        const entry = entryOf(channel, makeUuid() as UserId, { body: `${index}: ${round}` });
        nodes[round % 2]?.enqueue(entry, () => (settled += 1));
      }
      await waitFor('all are settled', () => settled === channels.length);
    }
    for (const index of channels.keys()) {
      const own = table.bodies.filter((body) => body.startsWith(`${index}: `));
      expect(own).toEqual(Array.from({ length: 50 }, (_, round) => `${index}: ${round}`));
    }
    // The channels lie in up to 16 shards.
    expect(batches / 50).toBeLessThan(10);
    await Promise.all(nodes.map((node) => node.drain(0)));
  });

  test('[CLU8] what Redis refused goes before what comes after it', async () => {
    const link = await redis.link(`${makeUuid()}:`);
    const stream = `${link.prefix}queue:{${shardOf(channelId)}}`;
    await link.client.set(stream, 'no stream');
    const table = new Table();
    let refused = 0;
    const queue = new RedisQueue({
      config: CONFIG,
      clock: new FakeClock(),
      link,
      mode: 'always',
      writers: 2,
      nodeName: 'one',
      tell: () => {},
      onError: () => (refused += 1),
    });
    queue.start((batch) => Promise.resolve(table.write(batch)));
    let settled = 0;
    queue.enqueue(textOf('first'), () => (settled += 1));
    await waitFor('it is refused', () => refused > 0);
    await link.client.del(stream);
    queue.enqueue(textOf('second'), () => (settled += 1));
    await waitFor('both are settled', () => settled === 2);
    expect(table.bodies).toEqual(['first', 'second']);
    await queue.drain(0);
  });

  test('[ROAD13] what cannot be read is set aside once, however often the database is tried beside it', async () => {
    const link = await redis.link(`${makeUuid()}:`);
    await link.client.xAdd(`${link.prefix}queue:{${shardOf(channelId)}}`, '*', { n: 'one', e: 'of another version' });
    const table = new Table();
    let tries = 0;
    const options = { config: CONFIG, clock: systemClock, link, mode: 'always' as const, writers: 2, nodeName: 'one' };
    const queue = new RedisQueue({ ...options, tell: () => {}, onError: () => {} });
    queue.start((batch) => {
      tries += 1;
      return tries < 4 ? Promise.reject(new AwayError(false, null)) : Promise.resolve(table.write(batch));
    });
    let settled = 0;
    queue.enqueue(textOf('of this one'), () => (settled += 1));
    await waitFor('it is settled', () => settled === 1);
    await waitFor(
      'nothing is left',
      async () => (await link.client.xLen(`${link.prefix}queue:{${shardOf(channelId)}}`)) === 0,
    );
    expect(await new DeadLetters(link).list()).toHaveLength(1);
    await queue.drain(1_000);
  });

  test('[CLU8] what a dead node left in Redis is written by another', async () => {
    const table = new Table();
    let away = true;
    const prefix = `${makeUuid()}:`;
    const open = async (nodeName: string, consumer: Consumer) => {
      const link = await redis.link(prefix);
      const options = { config: CONFIG, clock: systemClock, link, mode: 'overflow' as const, writers: 2, nodeName };
      const queue = new RedisQueue({ ...options, tell: () => {}, onError: () => {} });
      queue.start(consumer);
      return { queue, link };
    };
    const one = await open('dead', () => Promise.reject(new AwayError(true, null)));
    for (const body of bodies) one.queue.enqueue(textOf(body), () => {});
    await waitFor('all are in Redis', async () => {
      const lengths = await Promise.all(
        Array.from({ length: 16 }, (_, shard) => one.link.client.xLen(`${prefix}queue:{${shard}}`)),
      );
      return lengths.reduce((sum, length) => sum + length, 0) === bodies.length;
    });
    one.link.close();
    const two = await open('alive', (batch) =>
      away ? Promise.reject(new AwayError(true, null)) : Promise.resolve(table.write(batch)),
    );
    away = false;
    await waitFor('all are written', () => table.bodies.length === bodies.length);
    expect(table.bodies).toEqual(bodies);
    await Promise.all([one.queue.drain(0), two.queue.drain(0)]);
  });
});
