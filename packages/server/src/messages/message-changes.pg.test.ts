import { type ChannelId, LIMITS, type MessageEvent, type MessageId, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, codesOf, TestRooms } from '../testing/test-rooms.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
let ann: UserId;
let bob: UserId;
let carl: UserId;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  ann = await addUser(database, 'ann');
  bob = await addUser(database, 'bob');
  carl = await addUser(database, 'carl');
});
afterAll(() => database.drop());

let names = 0;
/** Ann owns it, Bob is in it, Carl is not. */
async function newChannel(kind: 'public' | 'private' = 'public'): Promise<ChannelId> {
  const input = { kind, name: `room ${++names}`, memberIds: [bob] };
  return (await rooms.channelCreation.create({ userId: ann, serverRole: 'member' }, input)).channel.id;
}

const at = (userId: UserId, channelId: ChannelId, messageId: MessageId) => ({ userId, channelId, messageId });

async function mentionsOf(userId: UserId, channelId: ChannelId): Promise<number | undefined> {
  const mine = await rooms.channelReader.list(userId);
  return mine.find(({ channel }) => channel.id === channelId)?.membership.mentions;
}

/** All tables and columns in which a text could lie. */
async function findText(needle: string): Promise<string[]> {
  const columns = await query<{ table: string; column: string }>(
    database.db,
    `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  const found: string[] = [];
  for (const { table, column } of columns) {
    const rows = await query(database.db, `SELECT 1 FROM "${table}" WHERE "${column}"::text LIKE $1 LIMIT 1`, [
      `%${needle}%`,
    ]);
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  return found;
}

describe('edits', () => {
  test('the text is replaced, the earlier ones are kept for the author and for those who may delete', async () => {
    const channelId = await newChannel();
    const id = await rooms.say(bob, channelId, 'first');
    await rooms.messageChanges.edit(at(bob, channelId, id), 'second');
    const message = await rooms.messageChanges.edit(at(bob, channelId, id), 'third');
    expect(message).toMatchObject({ body: 'third', seq: 1, rev: 4, editedAt: expect.any(Number) });
    const texts = async (userId: UserId) =>
      (await rooms.history.edits(at(userId, channelId, id))).map((edit) => edit.body);
    expect(await texts(bob)).toEqual(['second', 'first']);
    expect(await texts(ann)).toEqual(['second', 'first']);
    expect(await codeOf(rooms.history.edits(at(carl, channelId, id)))).toBe('forbidden');
    expect(await codeOf(rooms.messageChanges.edit(at(ann, channelId, id), 'mine'))).toBe('forbidden');
    expect(await codeOf(rooms.messageChanges.edit(at(bob, channelId, id), ''))).toBe('bad_request');
  });

  test('[CHAN2] the same text again takes no rev', async () => {
    const channelId = await newChannel();
    const id = await rooms.say(bob, channelId, 'same');
    expect(await rooms.messageChanges.edit(at(bob, channelId, id), 'same')).toMatchObject({ rev: 2 });
    expect(rooms.eventsOf(channelId)).toHaveLength(1);
  });

  test('[MSG3] calling everyone needs its permission in an edit as in a send', async () => {
    const channelId = await newChannel();
    await rooms.members.setRole({ userId: ann, channelId, targetId: bob }, 'guest');
    const id = await rooms.say(bob, channelId, '@channel hello');
    expect(await rooms.history.get(at(bob, channelId, id))).not.toHaveProperty('everyone');
    expect(await rooms.messageChanges.edit(at(bob, channelId, id), '@channel please')).not.toHaveProperty('everyone');
    expect(await mentionsOf(ann, channelId)).toBe(0);
    const own = await rooms.say(ann, channelId, 'quiet');
    expect(await rooms.messageChanges.edit(at(ann, channelId, own), '@channel loud')).toMatchObject({
      everyone: 'channel',
    });
    expect(await mentionsOf(bob, channelId)).toBe(1);
  });

  test('[MSG3] a send that waits while its author loses the permission to call everyone is refused', async () => {
    const channelId = await newChannel();
    const { channel } = await rooms.channelReader.get(bob, channelId);
    await rooms.channelChanges.update(ann, { channelId, permissions: { member: ['channel.read', 'message.send'] } });
    expect(await codeOf(rooms.send(bob, channelId, 'x', { everyone: 'channel', accessRev: channel.rev }))).toBe(
      'forbidden',
    );
    expect(await codeOf(rooms.send(bob, channelId, 'x', { accessRev: channel.rev }))).toBe('ok');
  });
});

describe('deletes', () => {
  test('[MSG2] the text is in no table afterwards, nor what hung on it, and the place stays', async () => {
    const channelId = await newChannel();
    const id = await rooms.say(bob, channelId, 'NEEDLE-ONE @ann @channel');
    await rooms.messageChanges.edit(at(bob, channelId, id), 'NEEDLE-TWO @ann @channel');
    await rooms.messageChanges.react(at(ann, channelId, id), '👍', true);
    await rooms.messageChanges.pin(at(ann, channelId, id), true);
    expect(await mentionsOf(ann, channelId)).toBe(1);
    const message = await rooms.messageChanges.delete(at(bob, channelId, id));
    expect(message).toEqual({
      channelId,
      id,
      seq: 1,
      rev: 6,
      senderId: bob,
      kind: 'text',
      body: '',
      createdAt: expect.any(Number),
      deletedAt: expect.any(Number),
    });
    expect(await findText('NEEDLE')).toEqual([]);
    expect(await query(database.db, 'SELECT 1 FROM reactions WHERE channel_id = $1', [channelId])).toEqual([]);
    expect(await query(database.db, 'SELECT 1 FROM mentions WHERE channel_id = $1', [channelId])).toEqual([]);
    expect(await mentionsOf(ann, channelId)).toBe(0);
    expect(await rooms.history.pins(ann, { channelId })).toEqual([]);
    expect(JSON.stringify(rooms.eventsOf(channelId).at(-1))).not.toContain('NEEDLE');
    expect(
      await codesOf([
        rooms.messageChanges.edit(at(bob, channelId, id), 'again'),
        rooms.messageChanges.react(at(bob, channelId, id), '👍', true),
        rooms.messageChanges.pin(at(ann, channelId, id), true),
        rooms.history.edits(at(bob, channelId, id)),
        rooms.threads.open(at(bob, channelId, id)),
      ]),
    ).toEqual(['deleted']);
    expect(await rooms.messageChanges.delete(at(ann, channelId, id))).toEqual(message);
  });

  test('an edit and a delete that race leave no text', async () => {
    const channelId = await newChannel();
    for (let round = 0; round < 10; round++) {
      const id = await rooms.say(bob, channelId, `RACED-${round}`);
      await Promise.all([
        codeOf(rooms.messageChanges.edit(at(bob, channelId, id), `RACED-${round}-edited`)),
        rooms.messageChanges.delete(at(ann, channelId, id)),
        codeOf(rooms.messageChanges.react(at(ann, channelId, id), '🎉', true)),
      ]);
    }
    expect(await findText('RACED')).toEqual([]);
    expect(await query(database.db, 'SELECT 1 FROM reactions WHERE channel_id = $1', [channelId])).toEqual([]);
  });

  test('own ones by everyone, those of others by admins', async () => {
    const channelId = await newChannel();
    const [anns, bobs] = [await rooms.say(ann, channelId, 'a'), await rooms.say(bob, channelId, 'b')];
    expect(await codeOf(rooms.messageChanges.delete(at(bob, channelId, anns)))).toBe('forbidden');
    expect(await codeOf(rooms.messageChanges.delete(at(ann, channelId, bobs)))).toBe('ok');
    const moderator = await addUser(database, `moderator-${names}`, 'admin');
    const other = await rooms.say(bob, channelId, 'c');
    expect(await codeOf(rooms.messageChanges.delete(at(moderator, channelId, other)))).toBe('ok');
    const closed = await newChannel('private');
    const hidden = await rooms.say(bob, closed, 'd');
    expect(await codeOf(rooms.messageChanges.delete(at(moderator, closed, hidden)))).toBe('not_found');
  });
});

describe('reactions and pins', () => {
  test('[MSG6] one user counts once, and what changes nothing takes no rev', async () => {
    const channelId = await newChannel();
    const id = await rooms.say(ann, channelId, 'vote');
    const revs: number[] = [];
    for (const [userId, emoji, on] of [
      [ann, '👍', true],
      [bob, '👍', true],
      [bob, '👍', true],
      [bob, ':tada:', true],
      [ann, '👍', false],
      [ann, '👍', false],
    ] as const) {
      revs.push((await rooms.messageChanges.react(at(userId, channelId, id), emoji, on)).rev);
    }
    expect(revs).toEqual([3, 4, 4, 5, 6, 6]);
    expect((await rooms.history.get(at(bob, channelId, id))).reactions).toEqual([
      { emoji: '👍', count: 1, userIds: [bob] },
      { emoji: ':tada:', count: 1, userIds: [bob] },
    ]);
  });

  test('[MSG6] a message takes so many kinds of emoji, however they race', async () => {
    const channelId = await newChannel();
    const id = await rooms.say(ann, channelId, 'many');
    const kinds = Array.from({ length: LIMITS.reactionKinds + 10 }, (_, index) => `:e${index}:`);
    const codes = await Promise.all(
      kinds.map((emoji, index) =>
        codeOf(rooms.messageChanges.react(at(index % 2 ? ann : bob, channelId, id), emoji, true)),
      ),
    );
    expect(codes.filter((code) => code === 'ok')).toHaveLength(LIMITS.reactionKinds);
    expect(codes.filter((code) => code === 'too_large')).toHaveLength(10);
    const { reactions = [] } = await rooms.history.get(at(ann, channelId, id));
    expect(reactions).toHaveLength(LIMITS.reactionKinds);
    const taken = reactions[0]?.emoji ?? '';
    expect(await codeOf(rooms.messageChanges.react(at(ann, channelId, id), taken, true))).toBe('ok');
  });

  test('[MSG6] of many who react the first twenty are named', async () => {
    const channelId = await newChannel();
    const id = await rooms.say(ann, channelId, 'popular');
    const { rows } = await database.pool.query<{ id: UserId }>(
      `INSERT INTO users (id, username, display_name) SELECT gen_random_uuid(), 'fan-' || n, 'x' FROM generate_series(1, 30) n RETURNING id`,
    );
    const fans = rows.map((row) => row.id);
    await rooms.members.invite(ann, channelId, fans);
    for (const fan of fans) await rooms.messageChanges.react(at(fan, channelId, id), '❤️', true);
    expect((await rooms.history.get(at(ann, channelId, id))).reactions).toEqual([
      { emoji: '❤️', count: 30, userIds: fans.slice(0, 20) },
    ]);
  });

  test('[MSG6] pins come newest first, and a channel takes a hundred', async () => {
    const channelId = await newChannel();
    const ids = [];
    for (let index = 0; index < 101; index++) ids.push(await rooms.say(ann, channelId, `pin ${index}`));
    for (const id of ids.slice(0, 100)) await rooms.messageChanges.pin(at(bob, channelId, id), true);
    expect(await codeOf(rooms.messageChanges.pin(at(ann, channelId, ids[100] as MessageId), true))).toBe('too_large');
    await rooms.messageChanges.pin(at(ann, channelId, ids[0] as MessageId), false);
    const pinned = await rooms.messageChanges.pin(at(ann, channelId, ids[100] as MessageId), true);
    expect(pinned).toMatchObject({ pinnedBy: ann, pinnedAt: expect.any(Number) });
    const pins = await rooms.history.pins(bob, { channelId });
    expect(pins.map((message) => message.seq)).toEqual([101, ...Array.from({ length: 99 }, (_, index) => 100 - index)]);
    const again = await rooms.messageChanges.pin(at(bob, channelId, ids[100] as MessageId), true);
    expect(again).toEqual(pinned);
  });
});

describe('mentions', () => {
  test('[MSG4] only active members of the channel are called', async () => {
    const channelId = await newChannel();
    const gone = await addUser(database, 'gone');
    await rooms.members.invite(ann, channelId, [gone]);
    await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [gone]);
    const id = await rooms.say(ann, channelId, '@bob @carl @ann @gone @nobody');
    expect((await rooms.history.get(at(ann, channelId, id))).mentions).toEqual([bob]);
    const rows = await query<{ id: UserId }>(database.db, 'SELECT user_id AS id FROM mentions WHERE channel_id = $1', [
      channelId,
    ]);
    expect(rows).toEqual([{ id: bob }]);
  });

  test('[MSG4] the longest reading that is a member counts', async () => {
    const channelId = await newChannel();
    const [lee, annLee] = [await addUser(database, 'lee'), await addUser(database, 'bob.lee')];
    await rooms.members.invite(ann, channelId, [lee, annLee]);
    const id = await rooms.say(ann, channelId, '@bob.lee and @bob.thanks');
    expect((await rooms.history.get(at(ann, channelId, id))).mentions).toEqual([annLee, bob]);
  });

  test('[MSG4] who has left is not called, though he was remembered', async () => {
    const channelId = await newChannel();
    await rooms.say(ann, channelId, '@bob');
    await rooms.members.leave(bob, channelId);
    const id = await rooms.say(ann, channelId, '@bob');
    expect(await rooms.history.get(at(ann, channelId, id))).not.toHaveProperty('mentions');
    await rooms.members.join(bob, channelId);
    const back = await rooms.say(ann, channelId, '@bob');
    expect((await rooms.history.get(at(ann, channelId, back))).mentions).toEqual([bob]);
  });

  test('[MSG5] [MSG7] unread mentions, and what is told of them, follow edits, deletes, reading and marking unread', async () => {
    const channelId = await newChannel();
    const one = await rooms.say(ann, channelId, 'hi @bob');
    const two = await rooms.say(ann, channelId, '@channel @bob');
    await rooms.say(ann, channelId, '@here');
    await rooms.say(bob, channelId, '@channel @bob my own');
    expect(await mentionsOf(bob, channelId)).toBe(3);
    expect(await mentionsOf(ann, channelId)).toBe(1);
    await rooms.messageChanges.edit(at(ann, channelId, one), 'hi all');
    expect(await mentionsOf(bob, channelId)).toBe(2);
    await rooms.messageChanges.edit(at(ann, channelId, one), 'hi @bob after all');
    await rooms.messageChanges.delete(at(ann, channelId, two));
    expect(await mentionsOf(bob, channelId)).toBe(2);
    const setCursor = (column: string, seq: number | null) =>
      query(
        database.db,
        `UPDATE channel_members SET delivered_seq = 4, ${column} = $3 WHERE channel_id = $1 AND user_id = $2`,
        [channelId, bob, seq],
      );
    expect(await rooms.history.unread(bob, { channelId })).toMatchObject({
      readSeq: 0,
      unread: 4,
      mentions: 2,
      first: { id: one },
      mentioned: [{ seq: 1 }, { seq: 3 }],
    });
    await setCursor('read_seq', 4);
    expect(await mentionsOf(bob, channelId)).toBe(0);
    const nothing = { readSeq: 4, unread: 0, mentions: 0, first: null, mentioned: [] };
    expect(await rooms.history.unread(bob, { channelId })).toEqual(nothing);
    await setCursor('marked_seq', 1);
    expect(await mentionsOf(bob, channelId)).toBe(1);
    expect((await rooms.channelReader.get(bob, channelId)).membership).toMatchObject({
      readSeq: 1,
      deliveredSeq: 4,
      mentions: 1,
    });
  });
});

test('[CHAN2] every change of a message is one event with its whole new state', async () => {
  const channelId = await newChannel();
  const id = await rooms.say(ann, channelId, 'one');
  await rooms.messageChanges.edit(at(ann, channelId, id), 'two @bob');
  await rooms.messageChanges.react(at(bob, channelId, id), '👍', true);
  await rooms.messageChanges.pin(at(bob, channelId, id), true);
  await rooms.threads.open(at(bob, channelId, id));
  const beforeDelete = await rooms.history.get(at(ann, channelId, id));
  await rooms.messageChanges.delete(at(ann, channelId, id));
  const events = rooms.eventsOf(channelId) as MessageEvent[];
  expect(events.map((event) => [event.rev, event.change])).toEqual([
    [2, 'new'],
    [3, 'edited'],
    [4, 'reacted'],
    [5, 'pinned'],
    [6, 'threaded'],
    [7, 'deleted'],
  ]);
  expect(events.every((event) => event.message.rev === event.rev)).toBe(true);
  expect(events[4]?.message).toEqual(beforeDelete);
  expect(events[5]?.message).toEqual(await rooms.history.get(at(ann, channelId, id)));
});
