import type { ChannelId, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { present } from '../lib/assert.ts';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, codesOf, TestRooms } from '../testing/test-rooms.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
let ann: UserId;
let bob: UserId;
let carl: UserId;
let visitor: UserId;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  ann = await addUser(database, 'ann');
  bob = await addUser(database, 'bob');
  carl = await addUser(database, 'carl');
  visitor = await addUser(database, 'visitor', 'guest');
});
afterAll(() => database.drop());

const by = (userId: UserId) => ({ userId, serverRole: userId === visitor ? ('guest' as const) : ('member' as const) });

test('a new channel is whole at once: its owner, its members, its rev', async () => {
  const input = {
    kind: 'private' as const,
    name: 'Plans',
    topic: 'secret',
    memberIds: [bob, visitor, ann, bob],
    maxMembers: 5,
  };
  const { channel, membership } = await rooms.channelCreation.create(by(ann), input);
  expect(channel).toMatchObject({
    kind: 'private',
    name: 'Plans',
    topic: 'secret',
    rev: 1,
    lastSeq: 0,
    memberCount: 3,
    maxMembers: 5,
    createdBy: ann,
    archivedAt: null,
  });
  expect(channel).not.toHaveProperty('memberIds');
  expect(membership).toEqual({
    channelId: channel.id,
    role: 'owner',
    readSeq: 0,
    deliveredSeq: 0,
    mentions: 0,
    notify: 'all',
    joinedSeq: 0,
    rev: 1,
  });
  const { members, users, rev } = await rooms.channelReader.members(bob, { channelId: channel.id, limit: 10 });
  expect(users.map((user) => user.username)).toEqual(['ann', 'bob', 'visitor']);
  expect(members.map((member) => member.role)).toEqual(['owner', 'member', 'guest']);
  expect(rev).toBe(1);
  expect(await codeOf(rooms.channelCreation.create(by(visitor), { kind: 'private', name: 'x' }))).toBe('forbidden');
  expect(await codeOf(rooms.channelCreation.create(by(ann), { ...input, maxMembers: 2 }))).toBe('channel_full');
});

test('two public channels cannot have the same name, in whatever case; private ones can', async () => {
  const create = (kind: 'public' | 'private', name: string) => rooms.channelCreation.create(by(ann), { kind, name });
  await create('public', 'News');
  expect(await codesOf([create('public', 'news'), create('public', 'NEWS')])).toEqual(['conflict']);
  await create('private', 'news');
  const other = (await create('public', 'other')).channel.id;
  expect(await codeOf(rooms.channelChanges.update(ann, { channelId: other, name: 'nEWS' }))).toBe('conflict');
  const race = await Promise.all(Array.from({ length: 5 }, () => codeOf(create('public', 'raced'))));
  expect(race.filter((code) => code === 'ok')).toHaveLength(1);
});

test('[CHAN1] the same people get the same conversation, however many of them open it at once', async () => {
  const openers = [ann, bob, carl, ann, bob, carl, ann, bob];
  const others = (userId: UserId) => [ann, bob, carl].filter((id) => id !== userId);
  const opened = await Promise.all(
    openers.map((userId) => rooms.channelCreation.direct(by(userId), [...others(userId), ...others(userId)])),
  );
  expect(new Set(opened.map(({ channel }) => channel.id)).size).toBe(1);
  const { channel } = present(opened[0], 'conversation');
  expect(channel).toMatchObject({
    kind: 'direct',
    name: null,
    rev: 1,
    memberCount: 3,
    memberIds: [ann, bob, carl].sort(),
  });
  const told = rooms.notices.flatMap((one) =>
    one.kind === 'joined' && one.channelId === channel.id ? one.userId : [],
  );
  expect(new Set(told)).toEqual(new Set([ann, bob, carl]));
  const pair = await rooms.channelCreation.direct(by(ann), [bob]);
  expect(pair.channel.id).not.toBe(channel.id);
  expect((await rooms.channelCreation.direct(by(bob), [ann, bob])).channel.id).toBe(pair.channel.id);
  const alone = await rooms.channelCreation.direct(by(ann), [ann]);
  expect(alone.channel).toMatchObject({ memberCount: 1, memberIds: [ann] });
});

test('[CHAN1] a conversation stays what it is', async () => {
  const { channel } = await rooms.channelCreation.direct(by(ann), [bob]);
  const channelId = channel.id;
  const target = { userId: ann, channelId, targetId: bob };
  expect(
    await codesOf([
      rooms.members.leave(ann, channelId),
      rooms.members.kick(target),
      rooms.members.ban(target, true),
      rooms.members.setRole(target, 'guest'),
      rooms.members.invite(ann, channelId, [carl]),
      rooms.channelChanges.update(ann, { channelId, name: 'x' }),
      rooms.channelChanges.update(ann, { channelId, permissions: {} }),
      rooms.channelChanges.archive(ann, channelId, true),
    ]),
  ).toEqual(['forbidden']);
  expect(await codesOf([rooms.members.join(carl, channelId), rooms.channelReader.get(carl, channelId)])).toEqual([
    'not_found',
  ]);
});

test('[CHAN8] a conversation is opened with active users only, and stays there when one is deactivated', async () => {
  const gone = await addUser(database, 'gone');
  const { channel } = await rooms.channelCreation.direct(by(ann), [gone]);
  await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [gone]);
  expect((await rooms.channelCreation.direct(by(ann), [gone])).channel.id).toBe(channel.id);
  expect(await codeOf(rooms.channelCreation.direct(by(ann), [gone, bob]))).toBe('not_found');
});

test('guests of the server write to those they share a channel with', async () => {
  const stranger = await addUser(database, 'stranger');
  expect(await codeOf(rooms.channelCreation.direct(by(visitor), [stranger]))).toBe('not_found');
  await rooms.channelCreation.create(by(stranger), { kind: 'private', name: 'shared', memberIds: [visitor] });
  expect(await codeOf(rooms.channelCreation.direct(by(visitor), [stranger]))).toBe('ok');
});

test('updates write what they name, and each is one event', async () => {
  const { channel } = await rooms.channelCreation.create(by(ann), { kind: 'private', name: 'old', topic: 'old' });
  const channelId = channel.id;
  const renamed = await rooms.channelChanges.update(ann, { channelId, name: 'new' });
  expect(renamed).toMatchObject({ name: 'new', topic: 'old', rev: 2 });
  const limited = await rooms.channelChanges.update(ann, { channelId, topic: '', maxMembers: 7 });
  expect(limited).toMatchObject({ name: 'new', topic: '', maxMembers: 7, rev: 3 });
  const free = await rooms.channelChanges.update(ann, {
    channelId,
    maxMembers: null,
    permissions: { guest: ['channel.read'] },
  });
  expect(free).toMatchObject({ maxMembers: null, permissions: { guest: ['channel.read'] }, rev: 4 });
  expect(await rooms.channelChanges.update(ann, { channelId })).toEqual(free);
  expect((await rooms.channelReader.get(ann, channelId)).channel).toEqual(free);
  expect(rooms.eventsOf(channelId).map((event) => event.t === 'channel' && event.view)).toEqual([
    renamed,
    limited,
    free,
  ]);
  const facts = rooms.published.filter((one) => one.channelId === channelId).map((one) => one.effect?.facts);
  expect(facts).toMatchObject([undefined, undefined, { accessRev: 4, permissions: free.permissions }]);
});

test('an archived channel can be read and left, and nothing else', async () => {
  const { channel } = await rooms.channelCreation.create(by(ann), {
    kind: 'public',
    name: 'closing',
    memberIds: [bob],
  });
  const channelId = channel.id;
  const id = await rooms.say(bob, channelId, 'last words');
  const archived = await rooms.channelChanges.archive(ann, channelId, true);
  expect(archived).toMatchObject({ archivedAt: expect.any(Number), rev: 3 });
  expect(await rooms.channelChanges.archive(ann, channelId, true)).toEqual(archived);
  const message = { userId: bob, channelId, messageId: id };
  expect(
    await codesOf([
      rooms.send(bob, channelId, 'x'),
      rooms.messageChanges.edit(message, 'x'),
      rooms.messageChanges.delete(message),
      rooms.messageChanges.react(message, '👍', true),
      rooms.messageChanges.pin(message, true),
      rooms.threads.open(message),
      rooms.members.join(carl, channelId),
      rooms.members.invite(ann, channelId, [carl]),
      rooms.members.kick({ userId: ann, channelId, targetId: bob }),
      rooms.channelChanges.update(ann, { channelId, name: 'x' }),
    ]),
  ).toEqual(['archived']);
  expect((await rooms.history.page(carl, { channelId, limit: 5 })).messages).toHaveLength(1);
  await rooms.members.leave(bob, channelId);
  await rooms.channelChanges.archive(ann, channelId, false);
  expect(await codeOf(rooms.send(ann, channelId, 'again'))).toBe('ok');
});

test('[CHAN9] browsing walks every open public channel once, by name, with any page size', async () => {
  const names = ['ba', 'BB', 'bä', 'b%', 'b_', 'b"', "b'", 'b\\', 'bc 1', 'Bc 2', '名', 'B😀'];
  const ids = new Map<string, ChannelId>();
  for (const name of names)
    ids.set(name, (await rooms.channelCreation.create(by(ann), { kind: 'public', name })).channel.id);
  await rooms.channelChanges.archive(ann, present(ids.get('bc 1'), 'channel'), true);
  await rooms.channelCreation.create(by(ann), { kind: 'private', name: 'b private' });
  for (const limit of [1, 3, 50]) {
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await rooms.channelReader.browse('member', {
        query: 'b',
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.channels.length).toBeLessThanOrEqual(limit);
      seen.push(...page.channels.map((channel) => channel.name ?? ''));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect([...seen].sort()).toEqual(names.filter((name) => /^b/i.test(name) && name !== 'bc 1').sort());
  }
  expect((await rooms.channelReader.browse('member', { query: 'b%', limit: 9 })).channels).toHaveLength(1);
  expect(await rooms.channelReader.browse('guest', { limit: 9 })).toEqual({ channels: [], nextCursor: null });
  expect(await codeOf(rooms.channelReader.browse('member', { query: 'a\u0000', limit: 9 }))).toBe('bad_text');
});

test('[CHAN9] cursors that were tampered with, or belong to another list, are refused', async () => {
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { channel } = await rooms.channelCreation.create(by(ann), {
    kind: 'private',
    name: 'listed',
    memberIds: [bob, carl],
  });
  const channelId = channel.id;
  const first = await rooms.channelReader.members(ann, { channelId, limit: 2 });
  const cursor = present(first.nextCursor, 'cursor');
  expect(
    (await rooms.channelReader.members(ann, { channelId, limit: 2, cursor })).users.map((user) => user.username),
  ).toEqual(['carl']);
  const other = (await rooms.channelCreation.create(by(ann), { kind: 'private', name: 'other' })).channel.id;
  expect(
    await codesOf([
      rooms.channelReader.members(ann, { channelId: other, limit: 2, cursor }),
      rooms.channelReader.members(ann, { channelId, limit: 2, cursor: `${cursor}A` }),
      rooms.channelReader.browse('member', { limit: 2, cursor }),
      rooms.channelReader.browse('member', { limit: 2, cursor: made(['browse', 'x', "'; DROP TABLE users"]) }),
      rooms.channelReader.browse('guest', { limit: 2, cursor: 'nonsense' }),
    ]),
  ).toEqual(['bad_cursor']);
});

test('the list of own channels says what is unread in each', async () => {
  const reader = await addUser(database, 'reader');
  const ids: ChannelId[] = [];
  for (const name of ['one', 'two', 'three']) {
    ids.push((await rooms.channelCreation.create(by(ann), { kind: 'private', name, memberIds: [reader] })).channel.id);
  }
  for (const channelId of [ids[0], ids[1], ids[1]]) await rooms.say(ann, present(channelId, 'channel'), 'hi @reader');
  const unread = (await rooms.channelReader.list(reader)).map(({ channel, membership }) => [
    channel.name,
    channel.lastSeq - membership.readSeq,
    membership.mentions,
  ]);
  expect(unread).toHaveLength(3);
  expect(unread).toEqual(
    expect.arrayContaining([
      ['one', 1, 1],
      ['three', 0, 0],
      ['two', 2, 2],
    ]),
  );
});
