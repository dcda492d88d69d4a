import type { ChannelId, Role, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { entryOf } from '../testing/test-entry.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { accessOf } from './granted.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
});
afterAll(() => database.drop());

let names = 0;
const person = (role?: Role) => addUser(database, `person-${++names}`, role);
const founderOf = (userId: UserId) => ({ userId, serverRole: 'member' as const });

async function publicChannel(
  owner: UserId,
  more: { maxMembers?: number; memberIds?: UserId[] } = {},
): Promise<ChannelId> {
  const input = { kind: 'public' as const, name: `channel ${++names}`, ...more };
  return (await rooms.channelCreation.create(founderOf(owner), input)).channel.id;
}

async function membersOf(channelId: ChannelId): Promise<{ userId: UserId; role: Role }[]> {
  return query(
    database.db,
    `SELECT user_id AS "userId", role FROM channel_members WHERE channel_id = $1 AND left_at IS NULL`,
    [channelId],
  );
}

async function countOf(channelId: ChannelId): Promise<number> {
  return (await rooms.channelReader.get((await membersOf(channelId))[0]?.userId as UserId, channelId)).channel
    .memberCount;
}

test('[CHAN3] fifty who join at once never exceed the limit, and each who is in was told so', async () => {
  const owner = await person();
  const channelId = await publicChannel(owner, { maxMembers: 10 });
  const people = await Promise.all(Array.from({ length: 50 }, () => person()));
  const codes = await Promise.all(people.map((userId) => codeOf(rooms.members.join(userId, channelId))));
  expect(codes.filter((code) => code === 'ok')).toHaveLength(9);
  expect(codes.filter((code) => code === 'channel_full')).toHaveLength(41);
  expect(await membersOf(channelId)).toHaveLength(10);
  expect(await countOf(channelId)).toBe(10);
  expect(rooms.eventsOf(channelId).map((event) => event.rev)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('[CHAN3] an invitation of several is all or nothing', async () => {
  const owner = await person();
  const channelId = await publicChannel(owner, { maxMembers: 2 });
  const [one, two] = [await person(), await person()];
  expect(await codeOf(rooms.members.invite(owner, channelId, [one, two]))).toBe('channel_full');
  expect(await membersOf(channelId)).toHaveLength(1);
  await rooms.members.invite(owner, channelId, [one, one, owner]);
  expect(await codeOf(rooms.members.invite(owner, channelId, [two]))).toBe('channel_full');
  await rooms.channelChanges.update(owner, { channelId, maxMembers: null });
  expect((await rooms.members.invite(owner, channelId, [one, two])).map((member) => member.userId).sort()).toEqual(
    [one, two].sort(),
  );
});

test('[CHAN4] of two owners who leave at once one stays, unless the channel is empty then', async () => {
  for (let round = 0; round < 10; round++) {
    const [one, two, other] = [await person(), await person(), await person()];
    const channelId = await publicChannel(one, { memberIds: [two, other] });
    await rooms.members.setRole({ userId: one, channelId, targetId: two }, 'owner');
    const codes = await Promise.all([one, two].map((userId) => codeOf(rooms.members.leave(userId, channelId))));
    expect(codes.sort()).toEqual(['last_owner', 'ok']);
    await rooms.members.leave(other, channelId);
    const last = (await membersOf(channelId))[0]?.userId as UserId;
    expect(await codeOf(rooms.members.setRole({ userId: last, channelId, targetId: last }, 'member'))).toBe(
      'last_owner',
    );
    await rooms.members.leave(last, channelId);
    expect(await membersOf(channelId)).toEqual([]);
  }
});

test('[CHAN4] whoever comes into an empty channel is its owner', async () => {
  const [one, two, three] = [await person(), await person(), await person()];
  const channelId = await publicChannel(one);
  await rooms.members.leave(one, channelId);
  const joined = await Promise.all([two, three].map((userId) => rooms.members.join(userId, channelId)));
  expect(joined.map(({ membership }) => membership.role).sort()).toEqual(['member', 'owner']);
});

test('[CHAN4] an owner who cannot sign in any more does not count', async () => {
  const [one, two, other] = [await person(), await person(), await person()];
  const channelId = await publicChannel(one, { memberIds: [two, other] });
  await rooms.members.setRole({ userId: one, channelId, targetId: two }, 'owner');
  await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [two]);
  expect(await codeOf(rooms.members.leave(one, channelId))).toBe('last_owner');
});

test('[CHAN5] whoever comes back starts at the last message', async () => {
  const [owner, guest] = [await person(), await person()];
  const channelId = await publicChannel(owner, { memberIds: [guest] });
  await rooms.say(owner, channelId, 'one');
  await rooms.members.leave(guest, channelId);
  await rooms.say(owner, channelId, 'two @everyone-is-not-a-name');
  const { membership, channel } = await rooms.members.join(guest, channelId);
  expect(membership).toMatchObject({ joinedSeq: 2, readSeq: 2, deliveredSeq: 2, mentions: 0, notify: 'all' });
  expect(channel).toMatchObject({ lastSeq: 2, memberCount: 2, rev: 5 });
  await rooms.say(owner, channelId, 'three');
  const [mine] = await rooms.channelReader.list(guest);
  expect((mine?.channel.lastSeq ?? 0) - (mine?.membership.readSeq ?? 0)).toBe(1);
});

test('joining twice changes nothing', async () => {
  const [owner, guest] = [await person(), await person()];
  const channelId = await publicChannel(owner);
  const first = await rooms.members.join(guest, channelId);
  expect(await rooms.members.join(guest, channelId)).toEqual(first);
  expect(rooms.eventsOf(channelId)).toHaveLength(1);
});

test('[CHAN6] the banned stay out, whoever would let them in', async () => {
  const [owner, bad] = [await person(), await person()];
  const channelId = await publicChannel(owner, { memberIds: [bad] });
  const target = { userId: owner, channelId, targetId: bad };
  await rooms.members.ban(target, true);
  expect(rooms.eventsOf(channelId).at(-1)).toMatchObject({ t: 'members', left: [bad], memberCount: 1 });
  expect(await codeOf(rooms.members.join(bad, channelId))).toBe('banned');
  expect(await codeOf(rooms.members.invite(owner, channelId, [bad]))).toBe('banned');
  await rooms.members.ban(target, true);
  await rooms.members.ban(target, false);
  await rooms.members.join(bad, channelId);
  expect(await codeOf(rooms.members.ban({ userId: owner, channelId, targetId: owner }, true))).toBe('bad_request');
});

test('[CHAN6] a ban and a join that race leave nobody in who is banned', async () => {
  const owner = await person();
  const channelId = await publicChannel(owner);
  for (let round = 0; round < 20; round++) {
    const bad = await person();
    await Promise.all([
      codeOf(rooms.members.join(bad, channelId)),
      rooms.members.ban({ userId: owner, channelId, targetId: bad }, true),
    ]);
    expect((await membersOf(channelId)).map((member) => member.userId)).not.toContain(bad);
  }
  expect(await countOf(channelId)).toBe(1);
});

test('[CHAN8] deactivated and unknown users cannot be added, and the others are not added either', async () => {
  const [owner, gone, fine] = [await person(), await person(), await person()];
  await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [gone]);
  const channelId = await publicChannel(owner);
  expect(await codeOf(rooms.members.invite(owner, channelId, [fine, gone]))).toBe('not_found');
  const unknown = '00000000-0000-7000-8000-000000000000' as UserId;
  expect(await codeOf(rooms.members.invite(owner, channelId, [fine, unknown]))).toBe('not_found');
  expect(await codeOf(rooms.members.join(gone, channelId))).toBe('not_found');
  const input = { kind: 'private' as const, name: 'x', memberIds: [gone] };
  expect(await codeOf(rooms.channelCreation.create(founderOf(owner), input))).toBe('not_found');
  expect(await membersOf(channelId)).toHaveLength(1);
});

test('[ACC3] nobody gives a role above the own, or touches whoever is above', async () => {
  const [owner, admin, peer, plain] = [await person(), await person(), await person(), await person()];
  const channelId = await publicChannel(owner, { memberIds: [admin, peer, plain] });
  const as = (userId: UserId, targetId: UserId, role: Role) =>
    codeOf(rooms.members.setRole({ userId, channelId, targetId }, role));
  expect(await as(owner, admin, 'admin')).toBe('ok');
  expect(await as(admin, peer, 'admin')).toBe('ok');
  expect(await as(admin, plain, 'owner')).toBe('forbidden');
  expect(await as(admin, owner, 'member')).toBe('forbidden');
  expect(await as(plain, plain, 'admin')).toBe('forbidden');
  expect(await as(admin, admin, 'owner')).toBe('forbidden');
  expect(await codeOf(rooms.members.kick({ userId: admin, channelId, targetId: owner }))).toBe('forbidden');
  expect(await codeOf(rooms.members.ban({ userId: admin, channelId, targetId: owner }, true))).toBe('forbidden');
  expect(await as(peer, peer, 'guest')).toBe('ok');
});

test('[CHAN10] above 500 members joins are counted, not named, and those who leave are still named', async () => {
  const owner = await person();
  const channelId = await publicChannel(owner);
  const { rows } = await database.pool.query<{ id: UserId }>(
    `INSERT INTO users (id, username, display_name) SELECT gen_random_uuid(), 'crowd-' || n, 'x' FROM generate_series(1, 520) n RETURNING id`,
  );
  const crowd = rows.map((row) => row.id);
  for (let start = 0; start < 500; start += 100)
    await rooms.members.invite(owner, channelId, crowd.slice(start, start + 100));
  const [before, after] = rooms.eventsOf(channelId).slice(-2);
  expect(before).toMatchObject({ t: 'members', memberCount: 401 });
  expect(before?.t === 'members' && before.joined).toHaveLength(100);
  expect(after).toMatchObject({ t: 'members', memberCount: 501, joined: [] });
  expect(rooms.published.findLast((one) => one.channelId === channelId)?.effect?.joined).toHaveLength(100);
  await rooms.members.leave(crowd[7] as UserId, channelId);
  expect(rooms.eventsOf(channelId).at(-1)).toMatchObject({ left: [crowd[7]], memberCount: 500 });
  const page = await rooms.channelReader.members(owner, { channelId, limit: 200, query: 'CROWD-5' });
  expect(page.users.map((user) => user.username)).toContain('crowd-5');
  expect(page.users.every((user) => user.username.startsWith('crowd-5'))).toBe(true);
});

test('members are told of what becomes of them', async () => {
  const [owner, other] = [await person(), await person()];
  const channelId = await publicChannel(owner, { memberIds: [other] });
  const told = () =>
    rooms.notices
      .filter((notice) => notice.kind === 'joined' && notice.channelId === channelId)
      .map((notice) => notice.userId);
  expect(told().sort()).toEqual([owner, other].sort());
  rooms.notices.length = 0;
  await rooms.members.setRole({ userId: owner, channelId, targetId: other }, 'admin');
  await rooms.channelReader.notify(other, { channelId, notify: 'none' });
  expect(told()).toEqual([other, other]);
  expect(await codeOf(rooms.channelReader.notify(await person(), { channelId, notify: 'none' }))).toBe('forbidden');
});

test('[ROAD16] a send that waited while its sender was removed and let in again is not stored, and may be sent once more', async () => {
  const [owner, sender] = [await person(), await person()];
  const channelId = await publicChannel(owner, { memberIds: [sender] });
  const accessRev = async () => (await accessOf(database.db, sender, channelId)).root.accessRev;
  const waits = entryOf(channelId, sender, { accessRev: await accessRev() });
  const others = entryOf(channelId, owner, { accessRev: await accessRev() });
  await rooms.members.kick({ userId: owner, channelId, targetId: sender });
  await rooms.members.invite(owner, channelId, [sender]);
  // While the sender was out a repeat of it was refused, perhaps, and told to be so.
  const [outcome, ofOther] = await rooms.writer.write([waits, others]);
  expect(outcome).toMatchObject({ code: 'busy', retryable: true });
  expect(ofOther).toMatchObject({ seq: 1 });
  const [again] = await rooms.writer.write([{ ...waits, accessRev: await accessRev() }]);
  expect(again).toMatchObject({ id: waits.id, seq: 2 });
});
