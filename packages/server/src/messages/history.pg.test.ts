import type { ChannelId, InputOf, MessageId, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessOf, readGranted } from '../channels/granted.ts';
import { demand } from '../channels/permissions.ts';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { readRange, readRangeIfGranted } from './history-store.ts';

const COUNT = 37;
let database: MigratedDatabase;
let rooms: TestRooms;
let ann: UserId;
let channelId: ChannelId;
const ids: MessageId[] = [];
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  ann = await addUser(database, 'ann');
  const input = { kind: 'private' as const, name: 'long' };
  channelId = (await rooms.channelCreation.create({ userId: ann, serverRole: 'member' }, input)).channel.id;
  for (let index = 1; index <= COUNT; index++) ids.push(await rooms.say(ann, channelId, `message ${index}`));
});
afterAll(() => database.drop());

const page = (input: Partial<InputOf<'message.history'>>) =>
  rooms.history.page(ann, { channelId, limit: 10, ...input });

test('[MSG1] pages in every direction give each message once, and say exactly what is left', async () => {
  const place = fc.option(fc.integer({ min: 1, max: COUNT + 5 }), { nil: undefined });
  const request = fc.oneof(
    fc.record({ before: place, offset: fc.integer({ min: 0, max: COUNT + 3 }) }),
    fc.record({ after: place, before: place }),
    fc.record({ around: fc.integer({ min: 1, max: COUNT + 5 }) }),
    fc.record({ lastMessageId: fc.constantFrom(...ids), offset: fc.integer({ min: 0, max: 5 }) }),
  );
  await fc.assert(
    fc.asyncProperty(request, fc.integer({ min: 1, max: 15 }), async (asked, limit) => {
      const { messages, lastSeq, hasBefore, hasAfter } = await page({ ...asked, limit });
      const seqs = messages.map((message) => message.seq);
      expect(lastSeq).toBe(COUNT);
      expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
      expect(seqs.length).toBeLessThanOrEqual(limit);
      expect(messages.every((message) => message.body === `message ${message.seq}`)).toBe(true);
      if (seqs.length > 0) {
        expect(hasBefore).toBe((seqs[0] ?? 0) > 1);
        expect(hasAfter).toBe((seqs.at(-1) ?? 0) < COUNT);
      }
    }),
    { numRuns: 60 },
  );
});

test('[MSG1] walking back and forth visits everything', async () => {
  const back: number[] = [];
  for (let before: number | undefined; ; ) {
    const { messages, hasBefore } = await page({ limit: 7, ...(before === undefined ? {} : { before }) });
    back.unshift(...messages.map((message) => message.seq));
    before = messages[0]?.seq;
    if (!hasBefore) break;
  }
  expect(back).toEqual(ids.map((_, index) => index + 1));
  const byOffset: number[] = [];
  for (let offset = 0; offset < COUNT; offset += 10)
    byOffset.unshift(...(await page({ offset })).messages.map((message) => message.seq));
  expect(byOffset).toEqual(back);
  const byId: number[] = [];
  for (let lastMessageId: MessageId | undefined; ; ) {
    const { messages, hasBefore } = await page({ ...(lastMessageId === undefined ? {} : { lastMessageId }) });
    byId.unshift(...messages.map((message) => message.seq));
    lastMessageId = messages[0]?.id;
    if (!hasBefore) break;
  }
  expect(byId).toEqual(back);
});

test('[MSG1] an empty page says on which side the messages are', async () => {
  expect(await page({ before: 1 })).toEqual({ messages: [], lastSeq: COUNT, hasBefore: false, hasAfter: true });
  expect(await page({ after: COUNT })).toEqual({ messages: [], lastSeq: COUNT, hasBefore: true, hasAfter: false });
  expect(await page({ offset: COUNT })).toEqual({ messages: [], lastSeq: COUNT, hasBefore: false, hasAfter: true });
  const empty = await rooms.channelCreation.create(
    { userId: ann, serverRole: 'member' },
    { kind: 'private', name: 'empty' },
  );
  const none = { messages: [], lastSeq: 0, hasBefore: false, hasAfter: false };
  expect(await rooms.history.page(ann, { channelId: empty.channel.id, limit: 10 })).toEqual(none);
  expect(await rooms.history.page(ann, { channelId: empty.channel.id, limit: 10, around: 5 })).toEqual(none);
});

test('what cannot be found is told', async () => {
  const unknown = '00000000-0000-7000-8000-000000000000' as MessageId;
  expect(await codeOf(page({ lastMessageId: unknown }))).toBe('not_found');
  expect(await codeOf(page({ lastMessageId: ids[0], before: 3 }))).toBe('bad_request');
  expect(await codeOf(rooms.history.get({ userId: ann, channelId, messageId: unknown }))).toBe('not_found');
});

test('[ACC5] whoever is removed while he reads is given nothing that was committed after', async () => {
  const reader = await addUser(database, 'reader');
  await rooms.members.invite(ann, channelId, [reader]);
  const who = { userId: reader, channelId, action: 'message.history' as const };
  const read = await readGranted(database.db, who, async (tx, grant) => {
    await rooms.members.kick({ userId: ann, channelId, targetId: reader });
    const after = await rooms.say(ann, channelId, 'after the kick');
    await rooms.messageChanges.edit(
      { userId: ann, channelId, messageId: ids[0] as MessageId },
      'edited after the kick',
    );
    const rows = await readRange(tx, grant, { from: 1, to: COUNT + 5 });
    return { after, bodies: rows.map((row) => row.body) };
  });
  expect(read.bodies).toEqual(ids.map((_, index) => `message ${index + 1}`));
  expect(await codeOf(rooms.history.get({ userId: reader, channelId, messageId: read.after }))).toBe('not_found');
});

test('[ACC5] whoever is removed between the two statements of a page is given nothing by the second', async () => {
  const reader = await addUser(database, 'quick-reader');
  await rooms.members.invite(ann, channelId, [reader]);
  const grant = demand(await accessOf(database.db, reader, channelId), 'message.history');
  const range = { from: 1, to: 3 };
  expect(await readRangeIfGranted(database.db, grant, range)).toHaveLength(3);
  await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [reader]);
  expect(await readRangeIfGranted(database.db, grant, range)).toBeNull();
  await query(database.db, 'UPDATE users SET deactivated_at = NULL WHERE id = $1', [reader]);
  await rooms.members.kick({ userId: ann, channelId, targetId: reader });
  expect(await readRangeIfGranted(database.db, grant, range)).toBeNull();
  expect(await codeOf(rooms.history.page(reader, { channelId, limit: 3, before: 4 }))).toBe('not_found');
});

test('every page is a walk along an index', async () => {
  const plan = await query<{ 'QUERY PLAN': string }>(
    database.db,
    'EXPLAIN SELECT m.seq FROM messages m WHERE m.channel_id = $1 AND m.seq BETWEEN 5 AND 9 ORDER BY m.seq',
    [channelId],
  );
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Sort');
});

test('[MSG8] a page of long texts is cut where it was not asked for, and walking on gives every message once', async () => {
  const input = { kind: 'private' as const, name: 'wordy' };
  const wordy = (await rooms.channelCreation.create({ userId: ann, serverRole: 'member' }, input)).channel.id;
  for (let index = 0; index < 60; index++) await rooms.say(ann, wordy, '語'.repeat(4_000));
  const read = (more: Partial<InputOf<'message.history'>>) => page({ channelId: wordy, limit: 60, ...more });
  const latest = await read({});
  expect(latest.messages.at(-1)?.seq).toBe(60);
  expect(latest.messages.length).toBeLessThan(60);
  expect(latest).toMatchObject({ lastSeq: 60, hasBefore: true, hasAfter: false });
  const seqs: number[] = [];
  for (let after = 0; after < 60; after = seqs.at(-1) ?? 60)
    seqs.push(...(await read({ after })).messages.map((message) => message.seq));
  expect(seqs).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  const around = await read({ around: 30 });
  expect(around).toMatchObject({ hasBefore: true, hasAfter: true });
  expect(around.messages.some((message) => message.seq === 30)).toBe(true);
  expect((await read({ offset: 0 })).messages).toHaveLength(60);
});
