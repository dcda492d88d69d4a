import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, query, type Tx } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { CHECKS } from './checks.ts';
import { type VerifyReport, verifyDatabase } from './verify.ts';

let database: MigratedDatabase;
let ada: UserId;
let bob: UserId;
let channelId: ChannelId;
let threadId: ChannelId;
beforeAll(async () => {
  database = await migratedDatabase();
  ada = await addUser(database, 'ada', 'owner');
  bob = await addUser(database, 'bob');
  channelId = await addChannel(database, [ada, bob]);
  threadId = makeUuid() as ChannelId;
  await run(
    database.db,
    `INSERT INTO channels (id, kind, root_id, root_seq, last_seq) VALUES ('${threadId}', 'thread', '${channelId}', 2, 1)`,
  );
  for (const [seq, rev] of [1, 2, 3, 4, 5].map((n) => [n, n + 2])) await addMessage(database.db, channelId, seq, rev);
  await addMessage(database.db, threadId, 1, 8);
  await run(database.db, `UPDATE channels SET last_seq = 5, last_rev = 8 WHERE id = '${channelId}'`);
  await run(database.db, `UPDATE messages SET thread_id = '${threadId}' WHERE channel_id = '${channelId}' AND seq = 2`);
  await run(database.db, `UPDATE channel_members SET delivered_seq = 5, read_seq = 3`);
  for (const table of ['mentions (channel_id, seq, user_id)', 'reactions (emoji, channel_id, seq, user_id)'])
    await run(
      database.db,
      `INSERT INTO ${table} VALUES (${table.startsWith('r') ? `'🦜', ` : ''}'${channelId}', 1, '${bob}')`,
    );
});
afterAll(() => database.drop());

const run = (on: Database | Tx, text: string) => query(on, text);

const addMessage = (on: Database | Tx, channel: ChannelId, seq: number | undefined, rev: number | undefined) =>
  run(
    on,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
     VALUES ('${channel}', '${channelId}', ${seq}, ${rev}, gen_random_uuid(), '${ada}', 'text')`,
  );

async function verify(): Promise<VerifyReport> {
  const client = await database.pool.connect();
  try {
    return await verifyDatabase(client);
  } finally {
    client.release();
  }
}

const brokenIn = (report: VerifyReport) =>
  report.checks.filter(({ violations }) => violations > 0).map(({ name }) => name);

test('[BAK7] finds nothing wrong with a sound database', async () => {
  const report = await verify();
  expect([report.ok, brokenIn(report)]).toEqual([true, []]);
  expect(report.rows).toMatchObject({ users: 2, channels: 2, messages: 6, reactions: 1, mentions: 1 });
});

/** Each damage, how it is undone, and the one check that finds it. */
const DAMAGES: readonly (readonly [check: string, what: string, damage: () => string, repair: () => string])[] = [
  [
    'epoch',
    'no epoch',
    () => `UPDATE server_state SET key = 'lost' WHERE key = 'epoch'`,
    () => `UPDATE server_state SET key = 'epoch' WHERE key = 'lost'`,
  ],
  [
    'seq gapless',
    'a message is gone from the middle',
    () => `CREATE TABLE aside AS SELECT * FROM messages WHERE channel_id = '${channelId}' AND seq = 4;
           DELETE FROM messages WHERE channel_id = '${channelId}' AND seq = 4`,
    () => 'INSERT INTO messages SELECT * FROM aside; DROP TABLE aside',
  ],
  [
    'seq gapless',
    'the last message is gone',
    () => `CREATE TABLE aside AS SELECT * FROM messages WHERE channel_id = '${threadId}' AND seq = 1;
           DELETE FROM messages WHERE channel_id = '${threadId}' AND seq = 1`,
    () => 'INSERT INTO messages SELECT * FROM aside; DROP TABLE aside',
  ],
  [
    'rev unique',
    'two messages with one rev',
    () => `DROP INDEX idx_messages_rev; UPDATE messages SET rev = 6 WHERE channel_id = '${channelId}' AND seq = 5`,
    () => `UPDATE messages SET rev = 7 WHERE channel_id = '${channelId}' AND seq = 5;
           CREATE UNIQUE INDEX idx_messages_rev ON messages (root_id, rev)`,
  ],
  [
    'rev within',
    'a rev of a message above the last',
    () => `UPDATE messages SET rev = 99 WHERE channel_id = '${channelId}' AND seq = 5`,
    () => `UPDATE messages SET rev = 7 WHERE channel_id = '${channelId}' AND seq = 5`,
  ],
  [
    'rev within',
    'a rev of a member above the last',
    () => `UPDATE channel_members SET rev = 99 WHERE user_id = '${bob}'`,
    () => `UPDATE channel_members SET rev = 2 WHERE user_id = '${bob}'`,
  ],
  [
    'messages placed',
    'a message below another root',
    () => `UPDATE messages SET root_id = '${threadId}' WHERE channel_id = '${channelId}' AND seq = 5`,
    () => `UPDATE messages SET root_id = '${channelId}' WHERE channel_id = '${channelId}' AND seq = 5`,
  ],
  [
    'senders',
    'a message from nobody',
    () => `UPDATE messages SET sender_id = gen_random_uuid() WHERE seq = 5`,
    () => `UPDATE messages SET sender_id = '${ada}' WHERE seq = 5`,
  ],
  [
    'deleted text',
    'a deleted message with its text',
    () => `UPDATE messages SET deleted_at = now() WHERE seq = 5`,
    () => `UPDATE messages SET deleted_at = NULL WHERE seq = 5`,
  ],
  [
    'cursors',
    'read above delivered',
    () => `ALTER TABLE channel_members DROP CONSTRAINT channel_members_check;
           UPDATE channel_members SET delivered_seq = 2 WHERE user_id = '${bob}'`,
    () => `UPDATE channel_members SET delivered_seq = 5 WHERE user_id = '${bob}';
           ALTER TABLE channel_members ADD CONSTRAINT channel_members_check CHECK (read_seq <= delivered_seq)`,
  ],
  [
    'cursors',
    'delivered above the last message',
    () => `UPDATE channel_members SET delivered_seq = 6 WHERE user_id = '${bob}'`,
    () => `UPDATE channel_members SET delivered_seq = 5 WHERE user_id = '${bob}'`,
  ],
  [
    'delivery floors',
    'a floor above the last message',
    () => `INSERT INTO delivery_floors (channel_id, read_all) VALUES ('${channelId}', 6)`,
    () => 'DELETE FROM delivery_floors',
  ],
  [
    'statuses',
    'a message that was read and never delivered',
    () => `UPDATE messages SET status = 'read', read_at = now() WHERE channel_id = '${channelId}' AND seq = 5`,
    () => `UPDATE messages SET status = 'sent', read_at = NULL WHERE channel_id = '${channelId}' AND seq = 5`,
  ],
  [
    'statuses',
    'a message that was delivered at no time',
    () => `UPDATE messages SET status = 'delivered' WHERE channel_id = '${channelId}' AND seq = 5`,
    () => `UPDATE messages SET status = 'sent' WHERE channel_id = '${channelId}' AND seq = 5`,
  ],
  [
    'attachments',
    'a file that is not there',
    () => `UPDATE messages SET attachments = ARRAY[gen_random_uuid()] WHERE channel_id = '${channelId}' AND seq = 5`,
    () => `UPDATE messages SET attachments = NULL WHERE channel_id = '${channelId}' AND seq = 5`,
  ],
  [
    'member count',
    'a member more than there are',
    () => `UPDATE channels SET member_count = 3 WHERE id = '${channelId}'`,
    () => `UPDATE channels SET member_count = 2 WHERE id = '${channelId}'`,
  ],
  [
    'threads',
    'a thread whose message does not know it',
    () => `UPDATE messages SET thread_id = NULL WHERE channel_id = '${channelId}' AND seq = 2`,
    () => `UPDATE messages SET thread_id = '${threadId}' WHERE channel_id = '${channelId}' AND seq = 2`,
  ],
  [
    'threads',
    'a message whose thread is not there',
    () => `UPDATE messages SET thread_id = gen_random_uuid() WHERE channel_id = '${channelId}' AND seq = 3`,
    () => `UPDATE messages SET thread_id = NULL WHERE channel_id = '${channelId}' AND seq = 3`,
  ],
  ['mentions', 'a mention of no message', () => 'UPDATE mentions SET seq = 77', () => 'UPDATE mentions SET seq = 1'],
  [
    'reactions',
    'a reaction to no message',
    () => 'UPDATE reactions SET seq = 77',
    () => 'UPDATE reactions SET seq = 1',
  ],
  [
    'edits',
    'an earlier text of no message',
    () => `INSERT INTO message_edits (channel_id, seq, rev, body) VALUES ('${channelId}', 77, 1, '')`,
    () => 'DELETE FROM message_edits',
  ],
  [
    'replies',
    'a reply to a later message',
    () => `UPDATE messages SET reply_to = 5 WHERE channel_id = '${channelId}' AND seq = 3`,
    () => `UPDATE messages SET reply_to = NULL WHERE channel_id = '${channelId}' AND seq = 3`,
  ],
];

describe('[BAK7] finds', () => {
  test.each(DAMAGES)('%s: %s', async (check, _what, damage, repair) => {
    for (const statement of damage().split(';')) await run(database.db, statement);
    const report = await verify();
    for (const statement of repair().split(';')) await run(database.db, statement);
    expect(report.ok).toBe(false);
    expect(brokenIn(report)).toEqual([check]);
    expect(report.checks.find(({ name }) => name === check)?.examples[0]?.detail).toBeTruthy();
    expect(brokenIn(await verify())).toEqual([]);
  });

  test('something by every check that a test can break', () => {
    const planted = new Set(DAMAGES.map(([check]) => check));
    const alone = CHECKS.map(({ name }) => name).filter((name) => !planted.has(name));
    // PostgreSQL lets nobody but itself make an index invalid.
    expect(alone).toEqual(['indexes']);
  });
});
