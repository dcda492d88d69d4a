import { type CacheConfig, type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../lib/clock.ts';
import { History } from '../messages/history.ts';
import { readRecent } from '../messages/recent-store.ts';
import { Sync } from '../sync/sync.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { waitFor } from '../testing/wait-for.ts';
import { type CacheOutcome, RecentMessages } from './recent-messages.ts';
import { RedisWindowStore } from './redis-window-store.ts';

let database: MigratedDatabase;
let redis: TestRedis;
let rooms: TestRooms;
let users: UserId[];
beforeAll(async () => {
  [database, redis] = await Promise.all([migratedDatabase(), TestRedis.start()]);
  rooms = new TestRooms(database);
  users = await Promise.all(['ann', 'bob', 'carl'].map((name) => addUser(database, name)));
});
afterAll(async () => {
  await redis.stop();
  await database.drop();
});

const LIMITS: CacheConfig = { messageLimit: 40, expiry: 60_000, refreshInterval: 0 };

interface NodeOptions {
  readonly config?: CacheConfig;
  /** Stands still where none is given: Redis has all the time it needs. */
  readonly clock?: Clock;
}

/** A node's reading rooms on a cache of its own, beside the plain ones. */
async function openNode(prefix: string, { config = LIMITS, clock = new FakeClock() }: NodeOptions = {}) {
  const link = await redis.link(prefix, clock);
  const outcomes: CacheOutcome[] = [];
  let loads = 0;
  const recent = new RecentMessages({
    config,
    clock: systemClock,
    load: (requests) => {
      loads += 1;
      return readRecent(database.db, requests, config.messageLimit);
    },
    shared: new RedisWindowStore(link, config.expiry),
    onRead: (outcome) => void outcomes.push(outcome),
  });
  return {
    recent,
    link,
    outcomes,
    loads: () => loads,
    history: new History(database.db, recent),
    sync: new Sync(database.db, () => 'epoch', { recent }),
  };
}

type CachedNode = Awaited<ReturnType<typeof openNode>>;

/** Gives a node what was published since the last time, out of order and with losses as `order` says. */
function feeder(node: CachedNode, channelId: ChannelId) {
  let fed = rooms.published.length;
  return (isLost: (index: number) => boolean, isReversed: boolean) => {
    const news = rooms.published.slice(fed).filter((one) => one.channelId === channelId);
    fed = rooms.published.length;
    const events = news
      .filter((_, index) => !isLost(index))
      .map(({ event }) => ({ rev: event.rev, json: JSON.stringify(event) }));
    if (isReversed) events.reverse();
    for (const event of events) node.recent.take(channelId, [event]);
  };
}

/** One random deed; what does not fit the moment is refused, which is fine. */
async function act(channelId: ChannelId, threads: ChannelId[], ids: MessageId[], what: number, which: number) {
  const [ann, bob, carl] = users as [UserId, UserId, UserId];
  const messageId = ids[which % Math.max(1, ids.length)] as MessageId;
  const target = { userId: ann, channelId, messageId };
  const deeds: (() => Promise<unknown>)[] = [
    async () => ids.push(await rooms.say(ann, channelId, `text ${which}`)),
    async () => ids.push(await rooms.say(bob, channelId, `other ${which}`)),
    () => rooms.messageChanges.edit(target, `edited ${which}`),
    () => rooms.messageChanges.delete(target),
    () => rooms.messageChanges.react(target, '👍', which % 2 === 0),
    () => rooms.messageChanges.pin(target, which % 2 === 0),
    async () => threads.push((await rooms.threads.open({ userId: ann, channelId, messageId })).channel.id),
    async () => {
      const thread = threads[which % Math.max(1, threads.length)];
      if (thread !== undefined) await rooms.say(ann, thread, `reply ${which}`);
    },
    () => rooms.members.invite(ann, channelId, [carl]),
    () => rooms.members.leave(carl, channelId),
    () => rooms.channelChanges.update(ann, { channelId, topic: `topic ${which}` }),
  ];
  await codeOf((deeds[what % deeds.length] ?? (() => Promise.resolve()))());
}

describe('recent messages from the cache', () => {
  test('[CACHE1] pages and changes are what the database holds, whatever is changed, lost, late or emptied', async () => {
    const plain = { history: new History(database.db), sync: new Sync(database.db, () => 'epoch') };
    const [ann] = users as [UserId];
    const used = new Set<CacheOutcome>();
    const step = fc.record({
      what: fc.nat(16),
      which: fc.nat(1_000),
      fault: fc.constantFrom('none', 'none', 'none', 'lost', 'late', 'flush', 'garbage'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const prefix = `cache-${makeUuid()}:`;
        const [hearing, deaf] = [await openNode(prefix), await openNode(prefix)];
        const channelId = await addChannel(database, users.slice(0, 2), 'public');
        const feed = feeder(hearing, channelId);
        const threads: ChannelId[] = [];
        const ids: MessageId[] = [];
        for (const { what, which, fault } of steps) {
          await act(channelId, threads, ids, what, which);
          feed((index) => fault === 'lost' && index % 2 === 0, fault === 'late');
          if (fault === 'flush') await redis.ask('FLUSHALL');
          if (fault === 'garbage')
            await redis.ask('SET', `${prefix}recent:${channelId}`, '{"floor":0,"top":3,"messages":[7]}');
          const { rev } = (await plain.sync.changes(channelId, 0)) as { rev: number };
          const since = Math.max(0, rev - (which % 60));
          const pageOf = threads[which % Math.max(1, threads.length)] ?? channelId;
          const input = { channelId: which % 3 === 0 ? pageOf : channelId, limit: 1 + (which % 30) };
          for (const { history, sync } of [hearing, deaf]) {
            expect(await history.page(ann, input)).toEqual(await plain.history.page(ann, input));
            expect(await sync.changesFor(ann, channelId, since)).toEqual(
              await plain.sync.changesFor(ann, channelId, since),
            );
            expect(await sync.missed(channelId, since)).toEqual(await plain.sync.missed(channelId, since));
          }
        }
        for (const { outcomes } of [hearing, deaf]) for (const outcome of outcomes) used.add(outcome);
      }),
      { numRuns: 6 },
    );
    expect([...used]).toEqual(expect.arrayContaining(['memory', 'database']));
  });

  test('[CACHE1] [SYNC1] while others write no state is newer than the rev it is told with, and none is missing', async () => {
    const [ann, bob] = users as [UserId, UserId];
    const node = await openNode(`busy-${makeUuid()}:`, { config: { ...LIMITS, messageLimit: 1_000 } });
    const channelId = await addChannel(database, [ann, bob], 'public');
    const feed = feeder(node, channelId);
    let isWriting = true;
    const writing = (async () => {
      for (let count = 0; count < 300; count++) {
        await rooms.say(ann, channelId, `message ${count}`);
        feed(() => count % 7 === 0, false);
      }
      isWriting = false;
    })();
    while (isWriting) {
      const { messages, rev } = await node.sync.changesFor(bob, channelId, 2);
      expect(messages.map((message) => message.rev)).toEqual(Array.from({ length: rev - 2 }, (_, index) => index + 3));
      const page = await node.history.page(bob, { channelId, limit: 20 });
      expect(page.messages.at(-1)?.seq ?? 0).toBe(page.lastSeq);
    }
    await writing;
    // How often memory could answer meanwhile depends on the machine; once all is quiet the second reader is sure of it.
    const known = await node.sync.changesFor(bob, channelId, 2);
    expect(await node.sync.changesFor(bob, channelId, 2)).toEqual(known);
    expect(node.outcomes.at(-1)).toBe('memory');
  });

  test('[CACHE2] a deleted text is given to nobody, and leaves Redis', async () => {
    const [ann, bob] = users as [UserId, UserId];
    const prefix = `deleted-${makeUuid()}:`;
    const [one, two] = [await openNode(prefix), await openNode(prefix)];
    const channelId = await addChannel(database, [ann, bob], 'public');
    const feed = feeder(one, channelId);
    const messageId = await rooms.say(ann, channelId, 'a secret');
    await one.history.page(bob, { channelId, limit: 10 });
    const key = `${prefix}recent:${channelId}`;
    await waitFor('it is in Redis', async () => String(await redis.ask('GET', key)).includes('a secret'));
    await rooms.messageChanges.delete({ userId: ann, channelId, messageId });
    // The second node has heard nothing of it.
    expect(JSON.stringify(await two.history.page(bob, { channelId, limit: 10 }))).not.toContain('a secret');
    feed(() => false, false);
    expect(JSON.stringify(await one.history.page(bob, { channelId, limit: 10 }))).not.toContain('a secret');
    await waitFor('it is gone', async () => !String(await redis.ask('GET', key)).includes('a secret'));
  });

  test('[CACHE3] however many ask at once, the database is asked once; other nodes ask Redis', async () => {
    const [ann, bob] = users as [UserId, UserId];
    const prefix = `herd-${makeUuid()}:`;
    const channelIds = await Promise.all(Array.from({ length: 20 }, () => addChannel(database, [ann, bob], 'public')));
    for (const channelId of channelIds) await rooms.say(ann, channelId, 'hello');
    const everybody = async (node: CachedNode) => {
      await redis.ask('FLUSHALL');
      await Promise.all(
        Array.from({ length: 400 }, (_, index) =>
          node.history.page(bob, { channelId: channelIds[index % 20] as ChannelId, limit: 10 }),
        ),
      );
    };
    const cold = await openNode(prefix);
    await everybody(cold);
    expect(cold.loads()).toBeLessThan(20);
    await everybody(cold);
    const before = cold.loads();
    await everybody(cold);
    expect(cold.loads()).toBe(before);

    await rooms.say(ann, channelIds[0] as ChannelId, 'to the other node');
    await cold.history.page(bob, { channelId: channelIds[0] as ChannelId, limit: 10 });
    await waitFor('it is in Redis', async () =>
      String(await redis.ask('GET', `${prefix}recent:${channelIds[0]}`)).includes('to the other node'),
    );
    const other = await openNode(prefix);
    await other.history.page(bob, { channelId: channelIds[0] as ChannelId, limit: 10 });
    expect(other.outcomes).toEqual(['redis']);
    expect(other.loads()).toBe(0);
  });

  test('[CACHE4] access is read before every answer: who is removed gets nothing, from a warm cache too', async () => {
    const [ann, bob] = users as [UserId, UserId];
    const node = await openNode(`access-${makeUuid()}:`);
    const channelId = await addChannel(database, [ann, bob]);
    await rooms.say(ann, channelId, 'private');
    await node.history.page(bob, { channelId, limit: 10 });
    const places = await node.sync.places(bob);
    await rooms.members.kick({ userId: ann, channelId, targetId: bob });
    const frames = [];
    for await (const frame of node.sync.frames(bob, places, { epoch: 'epoch', channels: [[channelId, 2]] }))
      frames.push(frame);
    expect(frames.flatMap((frame) => frame.gone)).toEqual([channelId]);
    expect(frames.flatMap((frame) => frame.changes)).toEqual([]);
    expect(await codeOf(node.history.page(bob, { channelId, limit: 10 }))).toBe('not_found');
    expect(await codeOf(node.sync.changesFor(bob, channelId, 0))).toBe('not_found');
  });

  test('[CACHE5] without Redis, or with one that stalls, readers are answered from memory and the database', async () => {
    const [ann, bob] = users as [UserId, UserId];
    const node = await openNode(`away-${makeUuid()}:`, { clock: systemClock });
    const channelId = await addChannel(database, [ann, bob], 'public');
    const said = async () => {
      const body = makeUuid();
      await rooms.say(ann, channelId, body);
      const page = await node.history.page(bob, { channelId, limit: 10 });
      expect(page.messages.at(-1)?.body).toBe(body);
    };
    await said();
    await redis.ask('CLIENT', 'PAUSE', '2000');
    await said();
    await redis.kill();
    await said();
    await redis.start();
    await said();
  });
});
