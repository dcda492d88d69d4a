import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { entryOf } from '../testing/test-entry.ts';
import { MemoryQueue } from './memory-queue.ts';
import { describeQueue } from './message-queue.contract.ts';

describeQueue('memory', (config) => {
  const clock = new FakeClock();
  const queue = new MemoryQueue({ config, clock, writers: 2 });
  return Promise.resolve({
    queue,
    advance: (byMs: number) => clock.advance(byMs),
    now: () => clock.now(),
    close: () => Promise.resolve(),
  });
});

/** A queue whose batches are ended by hand, and entries in channels of either lane. */
function setUp(batchSize = 20) {
  const clock = new FakeClock();
  const queue = new MemoryQueue({
    config: { maxSize: 1_000, retentionPeriod: 5_000, batchSize },
    clock,
    writers: 2,
  });
  const running: { bodies: string[]; end: () => void }[] = [];
  queue.start(
    (batch) =>
      new Promise((resolve) => {
        const outcomes = batch.map(({ channelId, id }) => ({ channelId, id, seq: 1, rev: 1, createdAt: 0 }));
        const one = {
          bodies: batch.map(({ body }) => body),
          end: () => {
            running.splice(running.indexOf(one), 1);
            resolve(outcomes);
          },
        };
        running.push(one);
      }),
  );
  const channelIds = [0, 1, 2, 3, 4].map((lane) => `${makeUuid().slice(0, -4)}000${lane}` as ChannelId);
  let settled = 0;
  const put = (lane: number, body: string): void => {
    const senderId = makeUuid() as UserId;
    const entry = entryOf(channelIds[lane] as ChannelId, senderId, { body, acceptedAt: clock.now() });
    queue.enqueue(entry, () => (settled += 1));
  };
  return { clock, queue, running, put, settled: () => settled };
}

const many = (lane: number, count: number) => Array.from({ length: count }, (_, index) => `${lane}-${index}`);
const bodiesOf = (running: readonly { bodies: string[] }[]) => running.map(({ bodies }) => bodies);

test('[ROAD12] few sends are written together, whatever their channels', async () => {
  const { clock, running, put } = setUp();
  put(0, 'a');
  put(1, 'b');
  await clock.advance(0);
  expect(bodiesOf(running)).toEqual([['a', 'b']]);
  // While they are, the next ones gather.
  put(0, 'c');
  put(1, 'd');
  await clock.advance(0);
  expect(running).toHaveLength(1);
  running[0]?.end();
  await clock.advance(0);
  expect(bodiesOf(running)).toEqual([['c', 'd']]);
});

test('[ROAD12] many sends are written side by side, a channel by one batch at a time', async () => {
  const { clock, running, put, settled } = setUp();
  for (const lane of [0, 1]) for (const body of many(lane, 30)) put(lane, body);
  await clock.advance(0);
  expect(bodiesOf(running)).toEqual([many(0, 20), many(1, 20)]);
  running[0]?.end();
  await clock.advance(0);
  // The rest of the first lane is enough for a batch of its own.
  expect(bodiesOf(running)).toEqual([many(1, 20), many(0, 30).slice(20)]);
  while (running.length > 0) {
    running[0]?.end();
    await clock.advance(0);
  }
  expect(settled()).toBe(60);
});

test('[ROAD14] a channel that is locked holds up those who share its lane for as long, and the others for a moment', async () => {
  const { clock, running, put } = setUp();
  put(0, 'locked');
  await clock.advance(0);
  put(0, 'behind it');
  put(1, 'elsewhere');
  await clock.advance(5);
  expect(bodiesOf(running)).toEqual([['locked']]);
  await clock.advance(5);
  expect(bodiesOf(running)).toEqual([['locked'], ['elsewhere']]);
  running[1]?.end();
  await clock.advance(1_000);
  expect(bodiesOf(running)).toEqual([['locked']]);
  running[0]?.end();
  await clock.advance(0);
  expect(bodiesOf(running)).toEqual([['behind it']]);
});

test('[ROAD12] whoever has waited longest comes first, however much others send', async () => {
  const { clock, running, put } = setUp();
  for (const body of many(0, 15)) put(0, body);
  for (const body of many(1, 15)) put(1, body);
  await clock.advance(0);
  await clock.advance(1);
  put(2, 'early');
  await clock.advance(1);
  for (const lane of [0, 1]) for (const body of many(lane, 40)) put(lane, body);
  const later: string[][] = [];
  while (!later.flat().includes('early')) {
    running[0]?.end();
    await clock.advance(0);
    later.push(...bodiesOf(running));
  }
  expect(later.flat().indexOf('early')).toBeLessThan(20);
  while (running.length > 0) {
    running[0]?.end();
    await clock.advance(0);
  }
});

test('[ROAD12] however batches end, a channel is never in two of them, and its order is kept', async () => {
  const step = fc.record({ lane: fc.nat(4), count: fc.integer({ min: 1, max: 15 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.nat(3), step)), async (steps) => {
      const { clock, queue, running, put, settled } = setUp();
      const said = [0, 0, 0, 0, 0];
      const heard: string[][] = said.map(() => []);
      const end = async (which: number): Promise<void> => {
        const one = running[which % running.length];
        for (const body of one?.bodies ?? []) heard[Number(body[0])]?.push(body);
        one?.end();
        await clock.advance(which);
      };
      for (const next of steps) {
        if (typeof next === 'number') await end(next);
        else {
          const { lane, count } = next;
          for (const body of many(lane, (said[lane] ?? 0) + count).slice(said[lane])) put(lane, body);
          said[lane] = (said[lane] ?? 0) + count;
          await clock.advance(count);
        }
        const lanes = running.flatMap(({ bodies }) => [...new Set(bodies.map((body) => body[0]))]);
        expect(lanes).toEqual([...new Set(lanes)]);
        expect(running.length).toBeLessThanOrEqual(2);
        for (const { bodies } of running) expect(bodies.length).toBeLessThanOrEqual(20);
      }
      while (running.length > 0) await end(0);
      expect(queue.stats().depth).toBe(0);
      expect(settled()).toBe(said.reduce((sum, count) => sum + count));
      expect(heard).toEqual(said.map((count, lane) => many(lane, count)));
    }),
  );
});
