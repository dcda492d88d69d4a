import type { ChannelId, Role, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, codesOf, TestRooms } from '../testing/test-rooms.ts';
import { isToChannel, peekInvitation } from '../users/invitation-store.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
});
afterAll(() => database.drop());

let names = 0;
const person = (role?: Role) => addUser(database, `person-${++names}`, role);
const by = (userId: UserId) => ({ userId, address: '192.0.2.1' });
const once = { role: 'member' as const, maxUses: 1, expiresInMs: null };

async function newChannel(owner: UserId, memberIds: UserId[] = []): Promise<ChannelId> {
  const input = { kind: 'private' as const, name: 'secret', memberIds };
  return (await rooms.channelCreation.create({ userId: owner, serverRole: 'member' }, input)).channel.id;
}

async function usesOf(code: string): Promise<number | undefined> {
  const rows = await query<{ uses: number }>(
    database.db,
    `SELECT uses FROM invitations WHERE code_hash = sha256(convert_to($1, 'UTF8'))`,
    [code],
  );
  return rows[0]?.uses;
}

test('[CHAN12] of many who race for the last uses, just so many come in', async () => {
  const owner = await person();
  const channelId = await newChannel(owner);
  const { code } = await rooms.invitations.create(by(owner), { ...once, channelId, maxUses: 3 });
  const people = await Promise.all(Array.from({ length: 20 }, () => person()));
  const codes = await Promise.all(people.map((userId) => codeOf(rooms.invitations.accept(by(userId), code))));
  expect(codes.filter((one) => one === 'ok')).toHaveLength(3);
  expect(codes.filter((one) => one === 'invitation_invalid')).toHaveLength(17);
  expect((await rooms.channelReader.get(owner, channelId)).channel.memberCount).toBe(4);
  expect(await usesOf(code)).toBe(3);
});

test('[CHAN12] one that was refused uses nothing up, nor does a member', async () => {
  const [owner, bad, late, member] = [await person(), await person(), await person(), await person()];
  const channelId = await newChannel(owner, [bad, member]);
  await rooms.members.ban({ userId: owner, channelId, targetId: bad }, true);
  const { code } = await rooms.invitations.create(by(owner), { ...once, channelId });
  expect(await codeOf(rooms.invitations.accept(by(bad), code))).toBe('banned');
  expect((await rooms.invitations.accept(by(member), code)).membership.role).toBe('member');
  await rooms.channelChanges.update(owner, { channelId, maxMembers: 2 });
  expect(await codeOf(rooms.invitations.accept(by(late), code))).toBe('channel_full');
  await rooms.channelChanges.archive(owner, channelId, true);
  expect(await codeOf(rooms.invitations.accept(by(late), code))).toBe('archived');
  expect(await usesOf(code)).toBe(0);
});

test('[CHAN12] it ends when it says, and when it is revoked', async () => {
  const [owner, guest] = [await person(), await person()];
  const channelId = await newChannel(owner);
  const short = await rooms.invitations.create(by(owner), { ...once, channelId, expiresInMs: 60_000 });
  expect(short.invitation).toMatchObject({ channelId, uses: 0, maxUses: 1, createdBy: owner, role: 'member' });
  await rooms.clock.advance(59_999);
  expect((await peekInvitation(database.db, short.code, rooms.clock.now())).channelId).toBe(channelId);
  await rooms.clock.advance(1);
  expect(await codeOf(rooms.invitations.accept(by(guest), short.code))).toBe('invitation_invalid');
  const long = await rooms.invitations.create(by(owner), { ...once, channelId });
  expect(await codeOf(rooms.invitations.revoke(by(guest), long.invitation.id))).toBe('not_found');
  await rooms.invitations.revoke(by(owner), long.invitation.id);
  expect(await codeOf(rooms.invitations.accept(by(guest), long.code))).toBe('invitation_invalid');
});

test('[CHAN12] it is worth what its author could do now', async () => {
  const [owner, inviter, guest] = [await person(), await person(), await person()];
  const channelId = await newChannel(owner, [inviter]);
  const { code } = await rooms.invitations.create(by(inviter), { ...once, channelId });
  const target = { userId: owner, channelId, targetId: inviter };
  await rooms.members.setRole(target, 'guest');
  expect(await codeOf(rooms.invitations.accept(by(guest), code))).toBe('invitation_invalid');
  await rooms.members.kick(target);
  expect(await codeOf(rooms.invitations.accept(by(guest), code))).toBe('invitation_invalid');
  await rooms.members.invite(owner, channelId, [inviter]);
  await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [inviter]);
  expect(await codeOf(rooms.invitations.accept(by(guest), code))).toBe('invitation_invalid');
  await query(database.db, 'UPDATE users SET deactivated_at = NULL WHERE id = $1', [inviter]);
  expect(await codeOf(rooms.invitations.accept(by(guest), code))).toBe('ok');
});

test('[CHAN12] it gives no more than its role, nor more than a guest of the server may be', async () => {
  const [owner, member, visitor] = [await person(), await person(), await person('guest')];
  const channelId = await newChannel(owner);
  const asGuest = await rooms.invitations.create(by(owner), { ...once, role: 'guest', channelId });
  expect((await rooms.invitations.accept(by(member), asGuest.code)).membership.role).toBe('guest');
  const asMember = await rooms.invitations.create(by(owner), { ...once, channelId });
  expect((await rooms.invitations.accept(by(visitor), asMember.code)).membership.role).toBe('guest');
});

test('[ACC4] who may make invitations, and see them', async () => {
  const [owner, member, stranger] = [await person(), await person(), await person()];
  const [admin, visitor] = [await person('admin'), await person('guest')];
  const channelId = await newChannel(owner, [member, visitor]);
  await rooms.channelChanges.update(owner, { channelId, permissions: { guest: ['channel.read', 'member.invite'] } });
  const direct = (await rooms.channelCreation.direct({ userId: owner, serverRole: 'member' }, [member])).channel.id;
  const create = (userId: UserId, more: { channelId?: ChannelId; role?: 'guest' } = {}) =>
    codeOf(rooms.invitations.create(by(userId), { ...once, ...more }));
  expect(await create(member, { channelId })).toBe('ok');
  expect(await create(visitor, { channelId })).toBe('forbidden');
  expect(await create(visitor, { channelId, role: 'guest' })).toBe('ok');
  expect(await create(stranger, { channelId })).toBe('not_found');
  expect(await create(admin, { channelId })).toBe('not_found');
  expect(await create(owner, { channelId: direct })).toBe('forbidden');
  expect(await create(owner)).toBe('forbidden');
  expect(await create(admin)).toBe('ok');
  expect((await rooms.invitations.list(member)).map((one) => one.createdBy)).toEqual([member]);
  expect(await rooms.invitations.list(stranger)).toEqual([]);
  const all = await rooms.invitations.list(admin);
  expect(all.map((one) => one.createdBy)).toEqual(expect.arrayContaining([member, visitor, admin]));
  await rooms.invitations.revoke(by(admin), all[0]?.id ?? '');
});

test('one to the server alone opens no channel, and nonsense opens nothing', async () => {
  const [admin, guest] = [await person('admin'), await person()];
  const { code, invitation } = await rooms.invitations.create(by(admin), once);
  expect(invitation.channelId).toBe(null);
  const attempts = [code, 'nonsense', '', `${code}x`].map((text) => rooms.invitations.accept(by(guest), text));
  expect(await codesOf(attempts)).toEqual(['invitation_invalid']);
});

test('whoever signed up with one comes in, and its codes are in no table', async () => {
  const [owner, fresh] = [await person(), await person()];
  const channelId = await newChannel(owner);
  const { code } = await rooms.invitations.create(by(owner), { ...once, channelId });
  const admission = await peekInvitation(database.db, code, rooms.clock.now());
  if (!isToChannel(admission)) throw new Error('the invitation is to a channel');
  await rooms.invitations.enter(fresh, admission);
  expect((await rooms.channelReader.list(fresh)).map(({ channel }) => channel.id)).toEqual([channelId]);
  const rows = await query(database.db, 'SELECT 1 FROM invitations i WHERE i::text LIKE $1', [`%${code}%`]);
  expect(rows).toEqual([]);
  const log = await query<{ action: string }>(database.db, 'SELECT action FROM audit_log WHERE actor_id = $1', [owner]);
  expect(log.map((row) => row.action)).toEqual(['channel.created', 'invitation.created']);
});
