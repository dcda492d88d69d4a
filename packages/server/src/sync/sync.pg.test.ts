import type { ChannelId, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { Sync } from './sync.ts';

const EPOCH = 'epoch';

let database: MigratedDatabase;
let rooms: TestRooms;
let sync: Sync;
let owner: UserId;
let member: UserId;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  sync = new Sync(database.db, () => EPOCH);
  owner = await addUser(database, 'owner');
  member = await addUser(database, 'member');
});
afterAll(() => database.drop());

const remove = (channelId: ChannelId) => rooms.members.kick({ userId: owner, channelId, targetId: member });

test('[SYNC1] changes are of one moment: no state in them is newer than the rev they end at', async () => {
  const channel = await addChannel(database, [owner, member]);
  let isWriting = true;
  const writing = (async () => {
    for (let count = 0; count < 300; count++) await rooms.say(owner, channel, `message ${count}`);
    isWriting = false;
  })();
  while (isWriting) {
    const { messages, rev } = await sync.changes(channel, 2);
    expect(messages.map((message) => message.rev).filter((one) => one > rev)).toEqual([]);
    expect(messages).toHaveLength(rev - 2);
  }
  await writing;
});

test('[ACC5] who was removed is given no changes', async () => {
  const channel = await addChannel(database, [owner, member]);
  await rooms.say(owner, channel, 'before');
  expect(await sync.changesFor(member, channel, 2)).toMatchObject({ rev: 3 });
  await remove(channel);
  await rooms.say(owner, channel, 'after');
  expect(await codeOf(sync.changesFor(member, channel, 2))).toBe('not_found');
});

test('[ACC5] who is removed while a resume is made ready is told that the channel is gone, and no more of it', async () => {
  const channel = await addChannel(database, [owner, member]);
  await rooms.say(owner, channel, 'before');
  const places = await sync.places(member);
  await remove(channel);
  await rooms.say(owner, channel, 'after');
  const frames = [];
  for await (const frame of sync.frames(member, places, { epoch: EPOCH, channels: [[channel, 2]] })) frames.push(frame);
  expect(frames.flatMap((frame) => frame.gone)).toEqual([channel]);
  expect(frames.flatMap((frame) => frame.changes)).toEqual([]);
});

test('[HUB3] it is known at which rev somebody went out, until he is in again', async () => {
  const channel = await addChannel(database, [owner, member]);
  expect(await sync.outAt(member, channel)).toBeNull();
  await rooms.say(owner, channel, 'before');
  await remove(channel);
  await rooms.say(owner, channel, 'after');
  expect(await sync.outAt(member, channel)).toBe(4);
  await rooms.members.invite(owner, channel, [member]);
  expect(await sync.outAt(member, channel)).toBeNull();
});
