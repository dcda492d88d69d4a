import type { ChannelId, ChannelView, MemberView, MessageId, MessageView, RevEvent, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestRooms } from '../testing/test-rooms.ts';
import { Sync } from './sync.ts';

let database: MigratedDatabase;
let rooms: TestRooms;
let sync: Sync;
let ann: UserId;
let bob: UserId;
let carl: UserId;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  sync = new Sync(database.db, () => 'epoch');
  ann = await addUser(database, 'ann');
  bob = await addUser(database, 'bob');
  carl = await addUser(database, 'carl');
});
afterAll(() => database.drop());

/** What a client keeps of a root channel, threads included. */
interface Snapshot {
  channel: ChannelView;
  readonly members: Map<UserId, MemberView>;
  readonly messages: Map<MessageId, MessageView>;
}

/** Everything as it is now, by the calls with which a client loads a channel. */
async function load(channelId: ChannelId): Promise<Snapshot> {
  const { channel } = await rooms.channelReader.get(ann, channelId);
  const { members } = await rooms.channelReader.members(ann, { channelId, limit: 200 });
  const messages = new Map<MessageId, MessageView>();
  const pages = [channelId];
  for (const id of pages) {
    const page = await rooms.history.page(ann, { channelId: id, limit: 100 });
    for (const message of page.messages) {
      messages.set(message.id, message);
      if (message.threadId !== undefined) pages.push(message.threadId);
    }
  }
  return { channel, members: new Map(members.map((member) => [member.userId, member])), messages };
}

/** The whole of what a client does with an event. */
function apply(snapshot: Snapshot, event: RevEvent): void {
  expect(event.rev).toBe(snapshot.channel.rev + 1);
  if (event.t === 'channel') snapshot.channel = event.view;
  else if (event.t === 'message') {
    snapshot.messages.set(event.message.id, event.message);
    const { channelId, seq } = event.message;
    const isNew = event.change === 'new' && channelId === snapshot.channel.id;
    if (isNew) snapshot.channel = { ...snapshot.channel, lastSeq: seq };
  } else {
    for (const member of event.joined) snapshot.members.set(member.userId, member);
    for (const userId of event.left) snapshot.members.delete(userId);
    snapshot.channel = { ...snapshot.channel, memberCount: event.memberCount };
  }
  snapshot.channel = { ...snapshot.channel, rev: event.rev };
}

interface Scene {
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
  readonly threadId: ChannelId;
  readonly replyId: MessageId;
}

const bobs = ({ channelId, messageId }: Scene) => ({ userId: bob, channelId, messageId });
const reply = ({ threadId, replyId }: Scene) => ({ userId: bob, channelId: threadId, messageId: replyId });
const toBob = ({ channelId }: Scene) => ({ userId: ann, channelId, targetId: bob });

const CHANGES: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'a message': ({ channelId }) => rooms.say(bob, channelId, 'new @ann @channel', { replyTo: 1 }),
  'a reply in a thread': ({ threadId }) => rooms.say(bob, threadId, 'new @ann'),
  'an edit': (scene) => rooms.messageChanges.edit(bobs(scene), 'edited @ann @here'),
  'an edit in a thread': (scene) => rooms.messageChanges.edit(reply(scene), 'edited'),
  'a delete': (scene) => rooms.messageChanges.delete(bobs(scene)),
  'a reaction': (scene) => rooms.messageChanges.react(bobs(scene), '👍', true),
  'a reaction taken back': async (scene) => {
    await rooms.messageChanges.react(bobs(scene), '👍', true);
    await rooms.messageChanges.react(bobs(scene), '👍', false);
  },
  'a pin': (scene) => rooms.messageChanges.pin(reply(scene), true),
  'a pin taken away': async (scene) => {
    await rooms.messageChanges.pin(bobs(scene), true);
    await rooms.messageChanges.pin(bobs(scene), false);
  },
  'a thread': async ({ channelId }) => {
    const messageId = await rooms.say(ann, channelId, 'topic');
    await rooms.threads.open({ userId: ann, channelId, messageId });
  },
  'a join': ({ channelId }) => rooms.members.join(carl, channelId),
  'a member added': ({ channelId }) => rooms.members.invite(bob, channelId, [carl]),
  'a leave': ({ channelId }) => rooms.members.leave(bob, channelId),
  'a kick': (scene) => rooms.members.kick(toBob(scene)),
  'a ban': (scene) => rooms.members.ban(toBob(scene), true),
  'a return': async ({ channelId }) => {
    await rooms.members.leave(bob, channelId);
    await rooms.members.join(bob, channelId);
  },
  'a role': (scene) => rooms.members.setRole(toBob(scene), 'admin'),
  'a name, a topic, a limit': ({ channelId }) =>
    rooms.channelChanges.update(ann, { channelId, name: `other ${channelId}`, topic: 'other', maxMembers: 9 }),
  permissions: ({ channelId }) =>
    rooms.channelChanges.update(ann, { channelId, permissions: { guest: ['channel.read'] } }),
  'an archive': ({ channelId }) => rooms.channelChanges.archive(ann, channelId, true),
  'an archive opened again': async ({ channelId }) => {
    await rooms.channelChanges.archive(ann, channelId, true);
    await rooms.channelChanges.archive(ann, channelId, false);
  },
};

async function setScene(): Promise<Scene> {
  const input = { kind: 'public' as const, name: `scene ${performance.now()}`, memberIds: [bob] };
  const channelId = (await rooms.channelCreation.create({ userId: ann, serverRole: 'member' }, input)).channel.id;
  await rooms.say(ann, channelId, 'first');
  const messageId = await rooms.say(bob, channelId, 'second');
  const { channel } = await rooms.threads.open({ userId: ann, channelId, messageId });
  const replyId = await rooms.say(bob, channel.id, 'reply');
  return { channelId, messageId, threadId: channel.id, replyId };
}

test.each(Object.keys(CHANGES))('[SYNC5] %s: a stale snapshot plus its events is a fresh snapshot', async (name) => {
  const scene = await setScene();
  const snapshot = await load(scene.channelId);
  await CHANGES[name]?.(scene);
  const events = rooms.eventsOf(scene.channelId).filter((event) => event.rev > snapshot.channel.rev);
  expect(events.length).toBeGreaterThan(0);
  for (const event of events) apply(snapshot, event);
  expect(snapshot).toEqual(await load(scene.channelId));
});

test.each(Object.keys(CHANGES))(
  '[SYNC5] %s: a stale snapshot plus the changes since is a fresh snapshot',
  async (name) => {
    const scene = await setScene();
    const snapshot = await load(scene.channelId);
    await CHANGES[name]?.(scene);
    const { channel, messages, members, rev, reset } = await sync.changes(scene.channelId, snapshot.channel.rev);
    expect(reset).toBe(false);
    for (const message of messages) snapshot.messages.set(message.id, message);
    for (const member of members?.joined ?? []) snapshot.members.set(member.userId, member);
    for (const userId of members?.left ?? []) snapshot.members.delete(userId);
    snapshot.channel = { ...(channel ?? snapshot.channel), rev };
    expect(snapshot).toEqual(await load(scene.channelId));
  },
);
