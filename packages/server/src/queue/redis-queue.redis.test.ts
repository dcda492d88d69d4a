import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { describeQueue } from './message-queue.contract.ts';
import { AwayError, type Consumer } from './message-queue.ts';
import { RedisQueue } from './redis-queue.ts';
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
    const options = { config, clock, link, mode, lanes: 2, nodeName: 'one', tell: () => {}, onError: () => {} };
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

async function twoNodes(server: TestRedis, consumers: readonly [Consumer, Consumer]): Promise<RedisQueue[]> {
  const prefix = `${makeUuid()}:`;
  const queues: RedisQueue[] = [];
  for (const [index, consumer] of consumers.entries()) {
    const queue = new RedisQueue({
      config: CONFIG,
      clock: systemClock,
      link: await server.link(prefix),
      mode: 'overflow',
      lanes: 2,
      nodeName: `node-${index}`,
      tell: (nodeName, acks) =>
        queues[Number(nodeName.slice(-1))]?.acked(JSON.parse(JSON.stringify(acks)) as typeof acks),
      onError: () => {},
    });
    queue.start(consumer);
    queues.push(queue);
  }
  return queues;
}

const channelId = makeUuid() as ChannelId;
const entryOf = (body: string): SendEntry => ({
  channelId,
  rootId: channelId,
  id: makeUuid() as MessageId,
  senderId: makeUuid() as UserId,
  body,
  replyTo: null,
  mentions: null,
  everyone: null,
  attachments: null,
  accessRev: 0,
  acceptedAt: Date.now(),
});
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
    for (const body of bodies) one.enqueue(entryOf(body), (outcome) => settled.push(outcome));
    await waitFor('all are settled', () => settled.length === bodies.length);
    away = false;
    const last: SendOutcome[] = [];
    one.enqueue(entryOf('last'), (outcome) => last.push(outcome));
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
    const put = (body: string) => one.enqueue(entryOf(body), (outcome) => settled.push(outcome));
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
    const options = { config: CONFIG, clock: systemClock, link, mode: 'always' as const, lanes: 2, nodeName: 'one' };
    const queue = new RedisQueue({ ...options, tell: () => {}, onError: () => {} });
    queue.start((batch) => Promise.resolve(table.write(batch)));
    const settled: SendOutcome[] = [];
    queue.enqueue(entryOf('here'), (outcome) => settled.push(outcome));
    await waitFor('it is settled', () => settled.length === 1);
    expect(table.bodies).toEqual(['here']);
    await queue.drain(1_000);
  });

  test('[CLU8] what a dead node left in Redis is written by another', async () => {
    const table = new Table();
    let away = true;
    const prefix = `${makeUuid()}:`;
    const open = async (nodeName: string, consumer: Consumer) => {
      const link = await redis.link(prefix);
      const options = { config: CONFIG, clock: systemClock, link, mode: 'overflow' as const, lanes: 2, nodeName };
      const queue = new RedisQueue({ ...options, tell: () => {}, onError: () => {} });
      queue.start(consumer);
      return { queue, link };
    };
    const one = await open('dead', () => Promise.reject(new AwayError(true, null)));
    for (const body of bodies) one.queue.enqueue(entryOf(body), () => {});
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
