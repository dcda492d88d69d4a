import { makeUuid } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prefixOf } from '../cluster.ts';
import { RedisBus } from '../fanout/redis-bus.ts';
import { DeadLetters } from '../queue/dead-letters.ts';
import type { SendEntry, SendOutcome } from '../queue/send-entry.ts';
import { query } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { runParley } from '../testing/run-parley.ts';
import { entryOf } from '../testing/test-entry.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { queueCommand } from './queue-command.ts';

let database: MigratedDatabase;
let redis: TestRedis;
let node: TestNode;
let bus: RedisBus;
let letters: DeadLetters;
beforeAll(async () => {
  [database, redis] = await Promise.all([migratedDatabase(), TestRedis.start()]);
  const link = await redis.link(prefixOf(await readEpoch(database.db)));
  bus = new RedisBus({ link, nodeName: 'one', onError: () => {} });
  node = await startTestNode(database, {}, { name: 'one', bus, link });
  letters = new DeadLetters(link);
});
afterAll(async () => {
  await node.stop();
  await bus.close();
  await redis.stop();
  await database.drop();
});

function parley(line: string, redisUrl: string | undefined = redis.url) {
  const env = { DATABASE_URL: database.database.connectionString, ...(redisUrl === '' ? {} : { REDIS_URL: redisUrl }) };
  return runParley([queueCommand], line.split(' '), env);
}

async function newEntry(body: string): Promise<SendEntry> {
  const senderId = await addUser(database, `sender-${makeUuid()}`);
  const channelId = await addChannel(database, [senderId]);
  return entryOf(channelId, senderId, { body, accessRev: 1 });
}

test('[ROAD13] a send that the database refuses is kept; it is listed, repeated and dropped', async () => {
  const poison = await newEntry('bad \0');
  const outcome = await new Promise<SendOutcome>((resolve) => void node.queue.enqueue(poison, resolve));
  expect(outcome).toMatchObject({ code: 'parked' });
  await waitFor('it is kept', async () => (await letters.list()).length === 1);
  const listed = await parley('queue list --json');
  expect(listed).toMatchObject({ code: 0, complaint: '' });
  expect(listed.out).not.toContain('bad');
  const [letter] = JSON.parse(listed.out) as { id: string; message: string; reason: string }[];
  expect(letter).toMatchObject({ message: poison.id, reason: 'refused by the database with SQLSTATE 22021' });
  // Repeated it is refused again, and kept again.
  expect((await parley(`queue retry ${letter?.id}`)).out).toMatch(/retried +1/);
  await waitFor('it is kept again', async () => {
    const all = await letters.list();
    return all.length === 1 && all[0]?.id !== letter?.id;
  });
  expect((await parley('queue drop all --json')).out).toContain('"dropped": 1');
  expect((await parley('queue list')).out).toBe('none\n');
});

test('[ROAD13] what was set aside is stored once when it is repeated; what nobody can read is only dropped', async () => {
  const entry = await newEntry('late, but here');
  await letters.add(JSON.stringify({ ...entry, acceptedAt: 0 }), 'refused');
  await letters.add(JSON.stringify({ ...entry, acceptedAt: 0 }), 'refused');
  await letters.add('{"of":"another version"}', 'unreadable');
  expect((await parley('queue list --text')).out).toContain('late, but here');
  expect((await parley('queue retry all --json')).out).toContain('"retried": 2');
  const stored = () => query(database.db, 'SELECT body FROM messages WHERE channel_id = $1', [entry.channelId]);
  await waitFor('it is stored', async () => (await stored()).length > 0);
  const [unreadable] = await letters.list();
  expect(await parley(`queue retry ${unreadable?.id}`)).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('only dropped'),
  });
  expect((await parley(`queue drop ${unreadable?.id}`)).code).toBe(0);
  expect(await parley('queue drop 1-1')).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('unable to find it'),
  });
  expect(await stored()).toEqual([{ body: 'late, but here' }]);
});

test('[ROAD13] without Redis it is said that nothing is kept', async () => {
  expect(await parley('queue list', '')).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('without Redis'),
  });
});
