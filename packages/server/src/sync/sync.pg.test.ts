import type { ChannelId, Resume, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RecentMessages } from '../cache/recent-messages.ts';
import { systemClock } from '../lib/clock.ts';
import type { ResumeKind } from '../monitoring/metrics.ts';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { MAX_CHANNEL_CHANGES, Sync } from './sync.ts';

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

test('[SYNC7] changes that are larger than a page come as a reset, and those of several channels in several frames', async () => {
  const text = 'x'.repeat(4_000);
  const [large, ...small] = await Promise.all([1, 2, 3].map(() => addChannel(database, [owner, member])));
  for (let count = 0; count < 110; count++) await rooms.say(owner, large as ChannelId, text);
  for (const channel of small) for (let count = 0; count < 60; count++) await rooms.say(owner, channel, text);
  const known = [large, ...small].map((channel): [ChannelId, number] => [channel as ChannelId, 2]);
  const frames = [];
  const kinds: ResumeKind[] = [];
  const telling = new Sync(database.db, () => EPOCH, { onResume: (kind) => void kinds.push(kind) });
  for await (const frame of telling.frames(member, await telling.places(member), { epoch: EPOCH, channels: known }))
    frames.push(frame);
  const changes = frames.flatMap((frame) => frame.changes);
  expect(changes.find(({ channelId }) => channelId === large)).toMatchObject({ reset: true, rev: 112, messages: [] });
  for (const channel of small) expect(changes.find((one) => one.channelId === channel)?.messages).toHaveLength(60);
  expect(frames.filter((frame) => frame.changes.some(({ messages }) => messages.length > 0))).toHaveLength(2);
  for (const frame of frames) expect(JSON.stringify(frame.changes).length).toBeLessThan(400_000);
  expect(kinds).toEqual(['reset']);
  expect(await sync.changesFor(member, large as ChannelId, 2)).toMatchObject({ reset: true, from: 2, rev: 112 });
  expect(await sync.changesFor(member, large as ChannelId, 100)).toMatchObject({ reset: false });
});

test('[MET7] it is told how each session was brought up to date', async () => {
  const channel = await addChannel(database, [owner]);
  const top = 1 + MAX_CHANNEL_CHANGES;
  await query(database.db, 'UPDATE channels SET last_rev = $2, last_seq = $2 WHERE id = $1', [channel, top]);
  const kinds: ResumeKind[] = [];
  const cached = new RecentMessages({
    config: { messageLimit: 100, expiry: 60_000, refreshInterval: 60_000 },
    clock: systemClock,
    load: (requests) => Promise.resolve(requests.map(({ floor }) => ({ floor, top, messages: [], memberRevs: [] }))),
  });
  const resume = async (resumed: Resume | null, recent?: RecentMessages) => {
    const onResume = (kind: ResumeKind) => void kinds.push(kind);
    const tellingSync = new Sync(database.db, () => EPOCH, recent === undefined ? { onResume } : { recent, onResume });
    const places = (await tellingSync.places(owner)).filter(({ joined }) => joined.channel.id === channel);
    for await (const frame of tellingSync.frames(owner, places, resumed)) expect(frame.t).toBe('sync');
  };
  const at = (rev: number, epoch = EPOCH): Resume => ({ epoch, channels: [[channel, rev]] });
  await resume(null);
  await resume(at(top));
  await resume(at(top - 2));
  await resume(at(top - 2), cached);
  await resume(at(0));
  await resume(at(top, 'another'));
  expect(kinds).toEqual(['fresh', 'current', 'database', 'cache', 'reset', 'epoch']);
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
