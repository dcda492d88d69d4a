import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessOf } from '../channels/granted.ts';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { entryOf } from '../testing/test-entry.ts';
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
async function newChannel(memberIds: UserId[] = [bob]): Promise<ChannelId> {
  const input = { kind: 'private' as const, name: `room ${++names}`, memberIds };
  return (await rooms.channelCreation.create({ userId: ann, serverRole: 'member' }, input)).channel.id;
}
const at = (userId: UserId, channelId: ChannelId, messageId: MessageId) => ({ userId, channelId, messageId });
const placesOf = async (userId: UserId) => (await rooms.channelReader.list(userId)).map(({ channel }) => channel.id);

test('a thread is made once, however many open it at once', async () => {
  const channelId = await newChannel();
  const id = await rooms.say(ann, channelId, 'topic');
  const opened = await Promise.all(
    [ann, bob, ann, bob, ann].map((userId) => rooms.threads.open(at(userId, channelId, id))),
  );
  expect(new Set(opened.map(({ channel }) => channel.id)).size).toBe(1);
  const events = rooms.eventsOf(channelId);
  expect(events.map((event) => event.t === 'message' && event.change)).toEqual(['new', 'threaded']);
  const { channel, membership, root } = await rooms.threads.open(at(bob, channelId, id));
  expect(channel).toMatchObject({ kind: 'thread', rootId: channelId, rootSeq: 1, lastSeq: 0, rev: 3, memberCount: 2 });
  expect(membership).toMatchObject({ channelId: channel.id, role: 'member', readSeq: 0 });
  expect(root).toMatchObject({ threadId: channel.id, rev: 3 });
  expect((await rooms.threads.open(at(ann, channelId, id))).membership.role).toBe('owner');
});

test('[CHAN11] replies take seq from the thread and rev from the root; changes too', async () => {
  const channelId = await newChannel();
  const id = await rooms.say(ann, channelId, 'topic');
  const { channel } = await rooms.threads.open(at(bob, channelId, id));
  const reply = await rooms.say(bob, channel.id, 'reply');
  await rooms.messageChanges.edit(at(bob, channel.id, reply), 'better');
  await rooms.messageChanges.pin(at(ann, channel.id, reply), true);
  expect(rooms.eventsOf(channelId).slice(2)).toMatchObject([
    { rev: 4, change: 'new', message: { channelId: channel.id, rootId: channelId, seq: 1 } },
    { rev: 5, change: 'edited', message: { channelId: channel.id, rootId: channelId, seq: 1, body: 'better' } },
    { rev: 6, change: 'pinned' },
  ]);
  const { messages } = await rooms.history.page(ann, { channelId: channel.id, limit: 5 });
  expect(messages).toMatchObject([{ seq: 1, rev: 6, body: 'better' }]);
  expect((await rooms.channelReader.get(ann, channel.id)).channel).toMatchObject({ lastSeq: 1, rev: 6 });
  expect(await codeOf(rooms.threads.open(at(ann, channel.id, reply)))).toBe('bad_request');
});

test('the author of the message follows its thread from the first reply', async () => {
  const channelId = await newChannel();
  const id = await rooms.say(ann, channelId, 'topic');
  const { channel } = await rooms.threads.open(at(bob, channelId, id));
  await rooms.say(bob, channel.id, 'reply @ann');
  const mine = (await rooms.channelReader.list(ann)).find((one) => one.channel.id === channel.id);
  expect(mine).toMatchObject({ channel: { lastSeq: 1 }, membership: { readSeq: 0, mentions: 1 } });
  expect(rooms.notices.filter((notice) => notice.kind === 'joined' && notice.channelId === channel.id)).toHaveLength(2);
});

test('[CHAN11] whoever is removed from the channel follows none of its threads, and finds none again when he is back', async () => {
  const channelId = await newChannel([bob, carl]);
  const id = await rooms.say(bob, channelId, 'topic');
  const thread = (await rooms.threads.open(at(bob, channelId, id))).channel.id;
  const reply = await rooms.say(bob, thread, 'reply');
  await rooms.members.kick({ userId: ann, channelId, targetId: bob });
  expect(await placesOf(bob)).not.toContain(thread);
  expect(
    await codesOf([
      rooms.history.page(bob, { channelId: thread, limit: 5 }),
      rooms.history.get(at(bob, thread, reply)),
      rooms.channelReader.get(bob, thread),
      rooms.threads.follow(bob, thread, true),
      rooms.messageChanges.edit(at(bob, thread, reply), 'still here'),
      rooms.send(bob, thread, 'still here'),
    ]),
  ).toEqual(['not_found']);
  await rooms.members.invite(ann, channelId, [bob]);
  expect(await placesOf(bob)).not.toContain(thread);
  await rooms.threads.follow(bob, thread, true);
  expect((await rooms.channelReader.get(bob, thread)).membership).toMatchObject({ readSeq: 1, joinedSeq: 1 });
  await rooms.threads.follow(bob, thread, false);
  expect(await placesOf(bob)).not.toContain(thread);
});

test('[CHAN11] a follow and a kick that race leave no follower outside', async () => {
  const channelId = await newChannel([]);
  const id = await rooms.say(ann, channelId, 'topic');
  const thread = (await rooms.threads.open(at(ann, channelId, id))).channel.id;
  for (let round = 0; round < 15; round++) {
    await rooms.members.invite(ann, channelId, [carl]);
    await Promise.all([
      codeOf(rooms.threads.follow(carl, thread, true)),
      codeOf(rooms.say(bob, thread, 'come', { mentions: [carl] })),
      rooms.members.kick({ userId: ann, channelId, targetId: carl }),
    ]);
    expect(await placesOf(carl)).not.toContain(thread);
  }
});

test('[CHAN13] those whom replies concern follow with the reply, from the first that does', async () => {
  const channelId = await newChannel([bob, carl]);
  const id = await rooms.say(ann, channelId, 'topic');
  const thread = (await rooms.threads.open(at(ann, channelId, id))).channel.id;
  const stranger = await addUser(database, 'stranger');
  const toCarl = { mentions: [carl, stranger] };
  rooms.notices.length = 0;
  await rooms.say(bob, thread, 'one');
  expect(rooms.notices).toEqual([{ kind: 'joined', userId: bob, channelId: thread }]);
  const entries = ['two', 'three'].map((body) => entryOf(thread, bob, { rootId: channelId, body, ...toCarl }));
  const { accessRev } = (await accessOf(database.db, bob, channelId)).root;
  await rooms.writer.write(entries.map((entry) => ({ ...entry, accessRev })));
  await rooms.say(bob, thread, 'four', toCarl);
  expect((await rooms.channelReader.get(carl, thread)).membership).toMatchObject({ readSeq: 1, mentions: 3 });
  expect((await rooms.channelReader.get(bob, thread)).membership).toMatchObject({ readSeq: 1, mentions: 0 });
  expect(rooms.notices.slice(1)).toEqual([{ kind: 'joined', userId: carl, channelId: thread }]);
  expect((await query(database.db, 'SELECT 1 FROM channel_members WHERE user_id = $1', [stranger])).length).toBe(0);
  // Who has stopped is called back by the next mention, from there.
  await rooms.threads.follow(carl, thread, false);
  await rooms.say(bob, thread, 'five', toCarl);
  expect((await rooms.channelReader.get(carl, thread)).membership).toMatchObject({ readSeq: 4, mentions: 1 });
});

test('[CHAN13] a reply whose first answer was lost tells its followers again', async () => {
  const channelId = await newChannel([bob, carl]);
  const id = await rooms.say(ann, channelId, 'topic');
  const thread = (await rooms.threads.open(at(ann, channelId, id))).channel.id;
  const reply = { id: makeUuid() as MessageId, mentions: [carl] };
  await rooms.say(bob, thread, 'one', reply);
  rooms.notices.length = 0;
  await rooms.say(bob, thread, 'one', reply);
  expect(rooms.notices).toContainEqual({ kind: 'joined', userId: carl, channelId: thread });
});

test('what only a channel has is refused for a thread', async () => {
  const channelId = await newChannel();
  const id = await rooms.say(ann, channelId, 'topic');
  const thread = (await rooms.threads.open(at(ann, channelId, id))).channel.id;
  const target = { userId: ann, channelId: thread, targetId: bob };
  expect(
    await codesOf([
      rooms.channelChanges.update(ann, { channelId: thread, name: 'x' }),
      rooms.channelChanges.archive(ann, thread, true),
      rooms.members.leave(ann, thread),
      rooms.members.invite(ann, thread, [bob]),
      rooms.members.kick(target),
      rooms.members.ban(target, true),
      rooms.members.setRole(target, 'admin'),
      rooms.threads.follow(ann, channelId, true),
    ]),
  ).toEqual(['bad_request']);
  expect(await codeOf(rooms.members.join(ann, thread))).toBe('not_found');
});
