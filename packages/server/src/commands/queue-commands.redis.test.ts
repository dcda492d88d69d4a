import { type MessageId, makeUuid, type OutputOf, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prefixOf } from '../cluster.ts';
import { DeadLetters } from '../queue/dead-letters.ts';
import { query } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { addChannel, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { type ServedApp, serveApp } from '../testing/whole-server.ts';

const PASSWORD = 'correct horse battery';
const NEVER = '1-1';

let database: MigratedDatabase;
let redis: TestRedis;
let letters: DeadLetters;
let served: ServedApp;
let owner: { token: string; id: UserId };
beforeAll(async () => {
  [database, redis] = await Promise.all([migratedDatabase(), TestRedis.start()]);
  letters = new DeadLetters(await redis.link(prefixOf(await readEpoch(database.db))));
  served = await serveApp(database.database.config, { REDIS_URL: redis.url });
  const claim = { ownerToken: await served.app.ensureOwnerToken(), username: 'ada', password: PASSWORD };
  const claimed = await served.call('POST', '/auth/claim-owner', claim);
  owner = { token: claimed.body.token, id: claimed.body.user.id };
});
afterAll(async () => {
  await served.app.close();
  await redis.stop();
  await database.drop();
});

async function list(): Promise<OutputOf<'queue.list'>> {
  return (await served.call('GET', '/queue', undefined, owner.token)).body;
}

async function newEntry(body: string) {
  const channelId = await addChannel(database, [owner.id]);
  const plain = { replyTo: null, mentions: null, everyone: null, attachments: null, accessRev: 1, acceptedAt: 0 };
  return { ...plain, channelId, rootId: channelId, id: makeUuid() as MessageId, senderId: owner.id, body };
}

test('[ROAD13] an operator sees what was set aside without what it says, has it repeated, and drops the rest', async () => {
  const entry = await newEntry('late, but here');
  await letters.add(JSON.stringify(entry), 'refused by the database with SQLSTATE 22021');
  await letters.add('{"of":"another version"}', 'unreadable');
  const told = await served.call('GET', '/queue', undefined, owner.token);
  expect(told.body).toMatchObject({
    isKept: true,
    nodes: [{ depth: 0, oldestAgeMs: 0 }],
    parked: [
      { channelId: entry.channelId, senderId: owner.id, messageId: entry.id, isReadable: true },
      { isReadable: false, messageId: null, reason: 'unreadable' },
    ],
  });
  expect(JSON.stringify(told.body)).not.toContain('late');
  const [readable, unreadable] = (await list()).parked ?? [];
  const retry = (id = '') => served.call('POST', `/queue/${id}/retry`, {}, owner.token);
  const drop = (id = '') => served.call('DELETE', `/queue/${id}`, undefined, owner.token);
  expect(await retry(readable?.id)).toMatchObject({ status: 200 });
  const stored = () => query(database.db, 'SELECT body FROM messages WHERE channel_id = $1', [entry.channelId]);
  await waitFor('it is stored', async () => (await stored()).length > 0);
  expect(await retry(readable?.id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await retry(unreadable?.id)).toMatchObject({ status: 400, body: { code: 'bad_request' } });
  expect(await drop(unreadable?.id)).toMatchObject({ status: 200 });
  expect(await drop(unreadable?.id)).toMatchObject({ status: 404 });
  expect(await drop('nothing')).toMatchObject({ status: 400 });
  expect((await list()).parked).toEqual([]);
});

test('[ROAD13] nobody but operators sees the queue or touches it', async () => {
  const stranger = (await served.call('POST', '/auth/sign-up', { username: 'eve', password: PASSWORD })).body.token;
  for (const [method, path] of [
    ['GET', '/queue'],
    ['POST', `/queue/${NEVER}/retry`],
    ['DELETE', `/queue/${NEVER}`],
  ] as const) {
    const body = method === 'POST' ? {} : undefined;
    expect(await served.call(method, path, body, stranger)).toMatchObject({ status: 403 });
  }
});

test('[ROAD13] while Redis is away it is said that it is not known; without Redis, that nothing is kept', async () => {
  const alone = await serveApp(database.database.config);
  const told = await alone.call('GET', '/queue', undefined, owner.token);
  expect(told.body).toMatchObject({ isKept: false, parked: [] });
  await alone.app.close();
  redis.signal('SIGSTOP');
  try {
    expect(await list()).toMatchObject({ isKept: true, parked: null });
    expect(await served.call('DELETE', `/queue/${NEVER}`, undefined, owner.token)).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
  } finally {
    redis.signal('SIGCONT');
  }
});
