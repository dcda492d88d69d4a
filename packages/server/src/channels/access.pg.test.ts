import type { ChannelId, Role, UserId } from '@parley/protocol';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestRooms } from '../testing/test-rooms.ts';
import { AccessDirectory } from './access.ts';
import { accessOf } from './granted.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
let owner: UserId;
let member: UserId;
let channel: ChannelId;
let access: AccessDirectory;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  owner = await addUser(database, 'owner');
  member = await addUser(database, 'member');
});
afterAll(() => database.drop());

async function admit(userId: UserId): Promise<void> {
  const gapsBefore = access.gaps;
  const { root, role } = await accessOf(database.db, userId, channel);
  access.admit(userId, 'member', [{ facts: root, role: role as Role }], gapsBefore);
}

beforeEach(async () => {
  channel = await addChannel(database, [owner, member]);
  access = new AccessDirectory(database.db);
  await admit(owner);
  await admit(member);
});

const kick = () => rooms.members.kick({ userId: owner, channelId: channel, targetId: member });

test('[ACC1] a role is not used with facts that were read after it, for somebody else', async () => {
  await kick();
  expect(access.known(member, channel)).toBeDefined();
  await access.read(owner, channel);
  expect(access.known(member, channel)).toBeUndefined();
  expect(access.known(owner, channel)?.root.accessRev).toBe(3);
});

test('[ACC1] a role that was read before events were missed is not used after them', async () => {
  const gapsBefore = access.gaps;
  const { root } = await accessOf(database.db, member, channel);
  await kick();
  access.apply(channel, null);
  access.enter(member, root, 'member', gapsBefore);
  access.apply(channel, { facts: { ...root, accessRev: 9 } });
  expect(access.known(member, channel)).toBeUndefined();
});

test('[ACC1] a role that was read before an event that came first is not used after it', async () => {
  const { root } = await accessOf(database.db, member, channel);
  access.apply(channel, { left: [member], facts: { ...root, accessRev: 3 } });
  access.enter(member, root, 'member', access.gaps);
  expect(access.known(member, channel)).toBeUndefined();
});

test('[ACC1] a role that followed every event is used without asking the database', async () => {
  const { root } = await accessOf(database.db, member, channel);
  access.apply(channel, { joined: [[member, 'admin']], facts: { ...root, accessRev: 7 } });
  expect(access.known(member, channel)).toMatchObject({ role: 'admin', root: { accessRev: 7 } });
});
