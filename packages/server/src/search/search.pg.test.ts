import type { ChannelId, InputOf, UserId } from '@parley/protocol';
import { searchPage } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { type Database, query, type Tx } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { waitFor } from '../testing/wait-for.ts';
import { Indexer } from './indexer.ts';
import { Search } from './search.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
let search: Search;
let ann: UserId;
let bob: UserId;
let room: ChannelId;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  search = new Search(database.db, systemClock);
  ann = await addUser(database, 'ann');
  bob = await addUser(database, 'bob');
});
afterAll(() => database.drop());
let made = 0;
beforeEach(async () => {
  room = await makeRoom();
});

async function makeRoom(memberIds: UserId[] = [bob], kind: 'public' | 'private' = 'private'): Promise<ChannelId> {
  made += 1;
  const input = { kind, name: `Room ${made}`, memberIds };
  return (await rooms.channelCreation.create({ userId: ann, serverRole: 'member' }, input)).channel.id;
}

function newIndexer(db: Database = database.db): Indexer {
  return new Indexer({
    db,
    clock: systemClock,
    onFault: (error) => {
      throw error;
    },
  });
}

const ask = (userId: UserId, text: string, more: Partial<InputOf<'message.search'>> = {}) =>
  search.page(userId, { query: text, limit: 20, channelId: room, ...more });

/** The texts that are found, newest first. */
async function find(userId: UserId, text: string, more: Partial<InputOf<'message.search'>> = {}): Promise<string[]> {
  await newIndexer().catchUp();
  const page = searchPage.parse(await ask(userId, text, more));
  return page.results.map((result) => result.message.body);
}

test('[FIND6] words, beginnings, phrases, exclusions, other scripts and parts of words find what they should', async () => {
  for (const body of ['Deployment of the Café menu', 'the menu is late', '昨日は日本語を話した', 'release 1.2.3 🎉'])
    await rooms.say(ann, room, body);
  expect(await find(bob, 'deploy')).toEqual(['Deployment of the Café menu']);
  expect(await find(bob, 'MENU')).toEqual(['the menu is late', 'Deployment of the Café menu']);
  expect(await find(bob, 'menu -late')).toEqual(['Deployment of the Café menu']);
  expect(await find(bob, '"cafe menu"')).toEqual(['Deployment of the Café menu']);
  expect(await find(bob, '"menu cafe"')).toEqual([]);
  expect(await find(bob, '"deploy"')).toEqual([]);
  expect(await find(bob, '日本語')).toEqual(['昨日は日本語を話した']);
  expect(await find(bob, '語')).toEqual(['昨日は日本語を話した']);
  expect(await find(bob, '1.2.3')).toEqual(['release 1.2.3 🎉']);
  expect(await find(bob, '🎉')).toEqual(['release 1.2.3 🎉']);
  expect(await find(bob, 'ployment')).toEqual(['Deployment of the Café menu']);
  expect(await find(bob, 'ploy_ent')).toEqual([]);
  expect((await ask(bob, 'ployment')).results[0]?.highlights).toEqual([{ start: 2, end: 10 }]);
});

test('[FIND6] filters narrow by author, channel, time and what hangs on a message', async () => {
  const other = await makeRoom();
  const first = await rooms.say(ann, room, 'see https://example.org/a');
  const second = await rooms.say(bob, room, 'plain one');
  await rooms.say(ann, other, 'elsewhere');
  await rooms.messageChanges.react({ userId: bob, channelId: room, messageId: first }, '👍', true);
  await rooms.messageChanges.pin({ userId: bob, channelId: room, messageId: second }, true);
  expect(await find(bob, 'has:link')).toEqual(['see https://example.org/a']);
  expect(await find(bob, 'has:reaction')).toEqual(['see https://example.org/a']);
  expect(await find(bob, 'has:pin')).toEqual(['plain one']);
  expect(await find(bob, 'has:file')).toEqual([]);
  expect(await find(bob, 'from:bob')).toEqual(['plain one']);
  expect(await find(bob, 'from:me')).toEqual(['plain one']);
  expect(await find(bob, 'from:nobody')).toEqual([]);
  const everywhere: Partial<InputOf<'message.search'>> = { channelId: undefined };
  expect(await find(bob, `in:"room ${made}"`, everywhere)).toEqual(['elsewhere']);
  expect(await find(bob, 'in:missing', everywhere)).toEqual([]);
  await query(database.db, `UPDATE messages SET created_at = '2026-05-31T12:00Z' WHERE id = $1`, [second]);
  await query(database.db, `DELETE FROM search_progress WHERE root_id = $1`, [room]);
  await query(database.db, `DELETE FROM message_search WHERE root_id = $1`, [room]);
  expect(await find(bob, 'before:2026-06-01 after:2026-05-30')).toEqual(['plain one']);
  expect(await find(bob, 'plain before:2026-05-31')).toEqual([]);
  expect(await find(bob, 'plain after:2026-05-31')).toEqual([]);
});

test('[FIND1] nothing is found in channels that one is not in, threads follow their channel, and a kick counts at once', async () => {
  const everywhere: Partial<InputOf<'message.search'>> = { channelId: undefined };
  const eve = await addUser(database, 'eve');
  const closed = await makeRoom([eve]);
  const open = await makeRoom([], 'public');
  const messageId = await rooms.say(ann, closed, 'zebra one');
  await rooms.say(ann, open, 'zebra public');
  const thread = await rooms.threads.open({ userId: ann, channelId: closed, messageId });
  await rooms.say(ann, thread.channel.id, 'zebra reply');
  expect(await find(bob, 'zebra', everywhere)).toEqual([]);
  expect(await codeOf(ask(bob, 'zebra', { channelId: closed }))).toBe('not_found');
  expect(await codeOf(ask(bob, 'zebra', { channelId: open }))).toBe('forbidden');
  expect(await find(eve, 'zebra', everywhere)).toEqual(['zebra reply', 'zebra one']);
  expect(await find(eve, 'zebra', { channelId: thread.channel.id })).toEqual(['zebra reply']);
  await rooms.members.kick({ userId: ann, channelId: closed, targetId: eve });
  expect((await ask(eve, 'zebra', everywhere)).results).toEqual([]);
  expect(await codeOf(ask(eve, 'zebra', { channelId: thread.channel.id }))).toBe('not_found');
});

test('[FIND2] an edited text is found in its new form only, a deleted one not at all, before and after indexing', async () => {
  const edited = await rooms.say(ann, room, 'walrus before');
  const deleted = await rooms.say(ann, room, 'walrus gone');
  expect(await find(bob, 'walrus')).toEqual(['walrus gone', 'walrus before']);
  await rooms.messageChanges.edit({ userId: ann, channelId: room, messageId: edited }, 'penguin after');
  await rooms.messageChanges.delete({ userId: ann, channelId: room, messageId: deleted });
  expect((await ask(bob, 'walrus')).results).toEqual([]);
  const kept = await query(database.db, `SELECT FROM message_search WHERE folded LIKE '%gone%'`);
  expect(kept).toEqual([]);
  expect(await find(bob, 'penguin')).toEqual(['penguin after']);
  expect(await find(bob, 'walrus')).toEqual([]);
});

test('[FIND3] the index catches up with everything after a restart, whoever indexes, and its lag says so', async () => {
  const indexer = newIndexer();
  await indexer.catchUp();
  expect(await indexer.lag()).toBe(0);
  for (let index = 0; index < 30; index++) await rooms.say(ann, room, `otter ${index}`);
  expect(await indexer.lag()).toBe(30);
  await indexer.close();
  await indexer.catchUp();
  expect(await indexer.lag()).toBe(30);
  const nodes = [newIndexer(), newIndexer(), newIndexer()];
  for (const node of nodes) node.start();
  await rooms.say(ann, room, 'otter last');
  await waitFor('nothing is behind', async () => (await nodes[0]?.lag()) === 0);
  await Promise.all(nodes.map((node) => node.close()));
  const { results } = await ask(bob, 'otter', { limit: 50 });
  expect(results.map((result) => result.message.seq)).toEqual(Array.from({ length: 31 }, (_, index) => 31 - index));
});

test('[FIND3] catching up ends while people write on', async () => {
  // Somebody writes while each batch is on its way.
  const transaction = () => ({
    execute: async <Result>(work: (tx: Tx) => Promise<Result>) => {
      const result = await database.db.transaction().execute(work);
      await rooms.say(ann, room, 'plover');
      return result;
    },
  });
  await newIndexer().catchUp();
  await rooms.say(ann, room, 'plover');
  const indexer = newIndexer({ transaction } as unknown as Database);
  await indexer.catchUp();
  expect(await newIndexer().lag()).toBe(1);
});

test('[FIND3] a message that changes while it is indexed is indexed in the end as it is', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => rooms.say(ann, room, 'draft')));
  const indexer = newIndexer();
  const edits = ids.map((messageId, index) =>
    rooms.messageChanges.edit({ userId: ann, channelId: room, messageId }, `final ${index}`),
  );
  await Promise.all([...edits, indexer.catchUp()]);
  await indexer.catchUp();
  expect(await find(bob, 'final', { limit: 50 })).toHaveLength(20);
  expect(await find(bob, 'draft')).toEqual([]);
});

test('[FIND4] [SYNC7] pages of long texts have fewer messages, and go on all the same', async () => {
  const wide = '\u{1d54f}'.repeat(3_990);
  for (let count = 0; count < 40; count++) await rooms.say(ann, room, `gull ${count} ${wide}`);
  await newIndexer().catchUp();
  const seqs: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(bob, 'gull', { limit: 40, cursor });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(400_000);
    expect(page.results.length).toBeGreaterThan(10);
    seqs.push(...page.results.map(({ message }) => message.seq));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && seqs.length < 100);
  expect(seqs).toEqual(Array.from({ length: 40 }, (_, index) => 40 - index));
});

test('[FIND4] pages follow each other without a gap or a double, and a foreign or broken cursor is refused', async () => {
  for (let index = 0; index < 25; index++) await rooms.say(ann, room, `heron ${index}`);
  await query(database.db, `UPDATE messages SET created_at = now() WHERE channel_id = $1 AND seq > 5`, [room]);
  await newIndexer().catchUp();
  for (const text of ['heron', 'from:ann', 'eron']) {
    const seqs: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask(bob, text, { limit: 4, cursor });
      seqs.push(...page.results.map((result) => result.message.seq));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seqs).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
  }
  const { nextCursor } = await ask(bob, 'heron', { limit: 4 });
  const cursor = nextCursor ?? '';
  expect(await codeOf(ask(ann, 'heron', { cursor }))).toBe('bad_cursor');
  expect(await codeOf(ask(bob, 'other', { cursor }))).toBe('bad_cursor');
  expect(await codeOf(ask(bob, 'heron', { cursor: `${cursor}x` }))).toBe('bad_cursor');
  const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
  for (const [index, value] of [
    [1, 'sql'],
    [2, '-1'],
    [2, '1e300'],
    [3, "' OR 1=1"],
    [4, '9e99'],
  ] as const) {
    const forged = Buffer.from(JSON.stringify(parts.with(index, value))).toString('base64url');
    expect(await codeOf(ask(bob, 'heron', { cursor: forged }))).toBe('bad_cursor');
  }
});

test('[FIND5] whatever is typed is answered, or refused by a code', async () => {
  await rooms.say(ann, room, `it's 100% "fine" \\ & | ! :* 日本 — don't`);
  await newIndexer().catchUp();
  const piece = fc.constantFrom(
    'from:',
    'in:',
    'has:pin',
    '"',
    '-',
    ' ',
    "'",
    '\\',
    ':*',
    '%',
    '_',
    '日',
    'fine',
    '1',
    '|',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
  );
  await fc.assert(
    fc.asyncProperty(text, async (typed) => {
      try {
        searchPage.parse(await ask(bob, typed.replaceAll('\0', '')));
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        expect((error as AppError).code).toBe('bad_request');
      }
    }),
    { numRuns: 150 },
  );
});
