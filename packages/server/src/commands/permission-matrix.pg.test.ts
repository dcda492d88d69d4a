import type { ChannelId, InputOf, MessageId, OperationName, Role, UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AccessDirectory } from '../channels/access.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestDelivery } from '../testing/test-delivery.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { channelHandlers } from './channel-commands.ts';
import { deliveryHandlers } from './delivery-commands.ts';
import type { CommandContext } from './handler.ts';
import { invitationHandlers } from './invitation-commands.ts';
import { memberHandlers } from './member-commands.ts';
import { messageHandlers } from './message-commands.ts';
import { threadHandlers } from './thread-commands.ts';

/** Outside the channel: people, guests and admins of the server, those who were removed, and the banned. Inside: by role. */
const WHO = ['stranger', 'visitor', 'chief', 'removed', 'banned', 'guest', 'member', 'admin', 'owner'] as const;
type Who = (typeof WHO)[number];

const OK = 'ok';
const NO = 'forbidden';
const NF = 'not_found';
const BAN = 'banned';

/** What each of them is answered in a public channel, in the order of `WHO`. */
const PUBLIC: Readonly<Record<string, readonly string[]>> = {
  'channel.get': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'member.list': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'message.history': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'message.history of thread': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'message.get': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'message.pins': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'message.unread': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'message.unread of thread': [NO, NF, NO, NO, BAN, NO, NO, NO, NO],
  'receipt.list': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'receipt.status': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'receipt.unread': [NF, NF, NF, NF, NF, OK, OK, OK, OK],
  'message.edits': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'channel.join': [OK, NF, OK, OK, BAN, OK, OK, OK, OK],
  'channel.leave': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'channel.notify': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'channel.update': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'channel.update permissions': [NO, NF, NO, NO, BAN, NO, NO, NO, OK],
  'channel.archive': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'member.invite': [NO, NF, NO, NO, BAN, NO, OK, OK, OK],
  'member.kick': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'member.kick owner': [NO, NF, NO, NO, BAN, NO, NO, NO, OK],
  'member.ban': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'member.unban': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'member.role': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'member.role owner': [NO, NF, NO, NO, BAN, NO, NO, NO, OK],
  'invitation.create': [NO, NF, NO, NO, BAN, NO, OK, OK, OK],
  'message.send': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'message.send to thread': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'message.edit own': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'message.edit other': [NO, NF, NO, NO, BAN, NO, NO, NO, NO],
  'message.delete own': [NF, NF, NF, NO, BAN, OK, OK, OK, OK],
  'message.delete other': [NO, NF, OK, NO, BAN, NO, NO, OK, OK],
  'message.react': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'message.pin': [NO, NF, NO, NO, BAN, NO, OK, OK, OK],
  'thread.open': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'thread.open existing': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
  'thread.follow': [NO, NF, NO, NO, BAN, OK, OK, OK, OK],
};

/** Those who are outside a private channel do not learn that it exists, whoever they are. */
const OUTSIDE = 5;
const PRIVATE = Object.fromEntries(
  Object.entries(PUBLIC).map(([name, codes]) => [name, codes.map((code, index) => (index < OUTSIDE ? NF : code))]),
);

let database: MigratedDatabase;
let rooms: TestRooms;
let delivery: Delivery;
let people: Record<Who | 'founder' | 'victim' | 'newcomer', UserId>;
beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  delivery = new TestDelivery(database).delivery;
  const add = (name: string, role?: Role) => addUser(database, name, role);
  people = {
    founder: await add('founder'),
    victim: await add('victim'),
    newcomer: await add('newcomer'),
    stranger: await add('stranger'),
    visitor: await add('visitor', 'guest'),
    chief: await add('chief', 'admin'),
    removed: await add('removed'),
    banned: await add('banned'),
    guest: await add('guest'),
    member: await add('member'),
    admin: await add('admin'),
    owner: await add('owner'),
  };
});
afterAll(() => database.drop());

interface Scene {
  readonly channelId: ChannelId;
  readonly own: MessageId;
  readonly theirs: MessageId;
  readonly threaded: MessageId;
  readonly threadId: ChannelId;
}

/** A channel with one of each, in which the one who asks has said something, and the victim too. */
async function setScene(kind: 'public' | 'private', who: Who): Promise<Scene> {
  const { founder, victim, removed, banned, guest, member, admin, owner } = people;
  const memberIds = [victim, removed, banned, guest, member, admin, owner];
  const input = { kind, name: `scene ${performance.now()}`, memberIds };
  const channelId = (await rooms.channelCreation.create({ userId: founder, serverRole: 'member' }, input)).channel.id;
  for (const role of ['guest', 'admin', 'owner'] as const) {
    await rooms.members.setRole({ userId: founder, channelId, targetId: people[role] }, role);
  }
  const theirs = await rooms.say(victim, channelId, 'theirs');
  const isInside = memberIds.includes(people[who]);
  const own = isInside ? await rooms.say(people[who], channelId, 'own') : theirs;
  const threaded = await rooms.say(victim, channelId, 'threaded');
  const target = { userId: victim, channelId, messageId: threaded };
  const threadId = (await rooms.threads.open(target)).channel.id;
  await rooms.members.kick({ userId: founder, channelId, targetId: removed });
  await rooms.members.ban({ userId: founder, channelId, targetId: banned }, true);
  return { channelId, own, theirs, threaded, threadId };
}

function contextOf(userId: UserId, serverRole: Role): CommandContext {
  const actor = {
    userId,
    serverRole,
    kind: 'human' as const,
    credentialId: 'test',
    credential: 'session' as const,
    scopes: null,
    address: '192.0.2.1',
    expiresAt: null,
  };
  return { actor, subscriber: null };
}

function attempt(name: string, scene: Scene, who: Who): Promise<unknown> {
  const userId = people[who];
  const context = contextOf(userId, who === 'visitor' ? 'guest' : who === 'chief' ? 'admin' : 'member');
  const handlers = {
    ...channelHandlers(rooms),
    ...memberHandlers(rooms),
    ...messageHandlers(rooms),
    ...threadHandlers(rooms),
    ...invitationHandlers(rooms),
    ...deliveryHandlers({ access: new AccessDirectory(database.db), delivery }),
  };
  const call = async <Name extends OperationName & keyof typeof handlers>(operation: Name, input: InputOf<Name>) =>
    (handlers[operation] as (input: InputOf<Name>, context: CommandContext) => unknown)(input, context);
  const { channelId, own, theirs, threaded, threadId } = scene;
  const victim = { channelId, userId: people.victim };
  const founder = { channelId, userId: people.founder };
  const message = { channelId, messageId: theirs };
  // Strangers have said nothing here: theirs is a message that is not there.
  const mine = { channelId, messageId: own === theirs ? (people.stranger as string as MessageId) : own };
  const attempts: Record<string, () => Promise<unknown>> = {
    'channel.get': () => call('channel.get', { channelId }),
    'member.list': () => call('member.list', { channelId, limit: 10 }),
    'message.history': () => call('message.history', { channelId, limit: 10 }),
    'message.history of thread': () => call('message.history', { channelId: threadId, limit: 10 }),
    'message.get': () => call('message.get', message),
    'message.pins': () => call('message.pins', { channelId }),
    'message.edits': () => call('message.edits', message),
    'message.unread': () => call('message.unread', { channelId }),
    'message.unread of thread': () => call('message.unread', { channelId: threadId }),
    'receipt.list': () => call('receipt.list', { channelId }),
    'receipt.status': () => call('receipt.status', message),
    'receipt.unread': () => call('receipt.unread', { channelId, seq: 1 }),
    'channel.join': () => call('channel.join', { channelId }),
    'channel.leave': () => call('channel.leave', { channelId }),
    'channel.notify': () => call('channel.notify', { channelId, notify: 'none' }),
    'channel.update': () => call('channel.update', { channelId, topic: 'new' }),
    'channel.update permissions': () => call('channel.update', { channelId, permissions: {} }),
    'channel.archive': () => call('channel.archive', { channelId, on: true }),
    'member.invite': () => call('member.invite', { channelId, userIds: [people.newcomer] }),
    'member.kick': () => call('member.kick', victim),
    'member.kick owner': () => call('member.kick', founder),
    'member.ban': () => call('member.ban', { ...victim, on: true }),
    'member.unban': () => call('member.ban', { ...victim, on: false }),
    'member.role': () => call('member.role', { ...victim, role: 'admin' }),
    'member.role owner': () => call('member.role', { ...victim, role: 'owner' }),
    'invitation.create': () => call('invitation.create', { channelId, role: 'guest', maxUses: 1, expiresInMs: null }),
    'message.send': () => rooms.send(userId, channelId, 'said'),
    'message.send to thread': () => rooms.send(userId, threadId, 'said'),
    'message.edit own': () => call('message.edit', { ...mine, body: 'new' }),
    'message.edit other': () => call('message.edit', { ...message, body: 'new' }),
    'message.delete own': () => call('message.delete', mine),
    'message.delete other': () => call('message.delete', message),
    'message.react': () => call('message.react', { ...message, emoji: '👍', on: true }),
    'message.pin': () => call('message.pin', { ...message, on: true }),
    'thread.open': () => call('thread.open', message),
    'thread.open existing': () => call('thread.open', { channelId, messageId: threaded }),
    'thread.follow': () => call('thread.follow', { channelId: threadId, on: true }),
  };
  return attempts[name]?.() ?? Promise.reject(new Error(`no attempt is called ${name}`));
}

const revOf = async (channelId: ChannelId) =>
  (await query<{ rev: number }>(database.db, 'SELECT last_rev AS rev FROM channels WHERE id = $1', [channelId]))[0]
    ?.rev;

describe.each([
  ['public', PUBLIC],
  ['private', PRIVATE],
] as const)('[ACC4] [ACC2] in a %s channel', (kind, table) => {
  test.each(Object.keys(table))('%s', async (name) => {
    const answers: Record<string, string> = {};
    for (const who of WHO) {
      const scene = await setScene(kind, who);
      const before = await revOf(scene.channelId);
      answers[who] = await codeOf(attempt(name, scene, who));
      if (answers[who] !== OK) expect(await revOf(scene.channelId), `${who} was refused`).toBe(before);
    }
    expect(answers).toEqual(Object.fromEntries(WHO.map((who, index) => [who, table[name]?.[index]])));
  });
});
