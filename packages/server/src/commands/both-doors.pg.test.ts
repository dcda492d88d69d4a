import {
  type ChannelId,
  type MessageId,
  OPERATIONS,
  type OperationName,
  type RequestOf,
  type UserId,
} from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SocketClient } from '../testing/socket-client.ts';
import { startWholeServer, type WholeServer } from '../testing/whole-server.ts';
import type { EntryName } from './handler.ts';

// Who may do what in one channel by his role there is the matter of the permission matrix. Here: every operation there is,
// by every role of the server and by keys, and that both doors say the same.

/** The host has made the private channel `room`; member, guest and bot are in it; `reader` is a key that may only read. */
const CALLERS = ['owner', 'admin', 'host', 'member', 'guest', 'stranger', 'bot', 'reader'] as const;
type Caller = (typeof CALLERS)[number];
/** Apart from the ways in and out, and from the bytes of files, which have tests of their own. */
type Asked = Exclude<OperationName, EntryName | 'auth.sign_out' | 'attachment.upload' | 'attachment.get'>;

const PASSWORD = 'a good password';
const UNKNOWN = '00000000-0000-7000-8000-000000000000';

let server: WholeServer;
const tokens = new Map<Caller, string>();
const ids = new Map<Caller, UserId>();
const sockets = new Map<Caller, SocketClient>();
let room: ChannelId;
let general: ChannelId;
let thread: ChannelId;

let made = 0;
/** Ids of messages count up; what they say of the time does not matter here. */
const newId = <Id extends string>(): Id => `01a20a4f-59ec-7000-8000-${String(++made).padStart(12, '0')}` as Id;

/** Asks over a socket for what must succeed. */
const run = async (caller: Caller, name: OperationName, input: object): Promise<never> =>
  (await sockets.get(caller)?.run(name, input as never)) as never;

const say = async (caller: Caller, channelId: ChannelId): Promise<MessageId> => {
  const id = newId<MessageId>();
  await run(caller, 'message.send', { channelId, id, body: 'hello' });
  return id;
};

async function settle(caller: Caller, token: string, userId: UserId): Promise<void> {
  tokens.set(caller, token);
  ids.set(caller, userId);
  sockets.set(caller, await SocketClient.connect(`${server.url.replace('http', 'ws')}/v1/socket`, token));
}

beforeAll(async () => {
  server = await startWholeServer();
  const claim = { ownerToken: await server.app.ensureOwnerToken(), username: 'owner', password: PASSWORD };
  const { body: owner } = await server.call('POST', '/auth/claim-owner', claim);
  await settle('owner', owner.token, owner.user.id);
  for (const [caller, role] of [
    ['admin', 'admin'],
    ['host', 'member'],
    ['member', 'member'],
    ['guest', 'guest'],
    ['stranger', 'member'],
  ] as const) {
    await run('owner', 'user.create', { username: caller, password: PASSWORD, role });
    const { body } = await server.call('POST', '/auth/sign-in', { username: caller, password: PASSWORD });
    await settle(caller, body.token, body.user.id);
  }
  const bot = (await run('owner', 'user.create', { username: 'robot', kind: 'bot' })) as { id: UserId };
  for (const [caller, scopes] of [
    ['bot', ['read', 'write', 'manage']],
    ['reader', ['read']],
  ] as const) {
    const { secret } = (await run('owner', 'key.create', { userId: bot.id, name: caller, scopes })) as {
      secret: string;
    };
    await settle(caller, secret, bot.id);
  }
  general = await channelOf('owner', 'public', 'lounge');
  room = await channelOf('host', 'private', 'room');
  const messageId = await say('host', room);
  thread = ((await run('host', 'thread.open', { channelId: room, messageId })) as { channel: { id: ChannelId } })
    .channel.id;
});
afterAll(async () => {
  for (const socket of sockets.values()) socket.close();
  await server.stop();
});

async function channelOf(caller: Caller, kind: 'public' | 'private', name: string): Promise<ChannelId> {
  const memberIds = (['member', 'guest', 'bot'] as const).map((one) => ids.get(one));
  const made = (await run(caller, 'channel.create', { kind, name, memberIds })) as { channel: { id: ChannelId } };
  await run(caller, 'member.role', { channelId: made.channel.id, userId: ids.get('guest'), role: 'guest' });
  return made.channel.id;
}

const fresh = (text: string) => `${text}${++made}`;

const nothing = () => ({});
const inRoom = () => ({ channelId: room });
const unknownUser = () => UNKNOWN as UserId;
const userIds = () => [ids.get('host') as UserId];
const hostMessage = async () => ({ channelId: room, messageId: await say('host', room) });
const cursors = () => ({ cursors: [{ channelId: room, seq: 1 }] });
const webhookId = UNKNOWN;

/** Of every operation an input that is good; for something that is not there where it would change what others are asked about. */
const INPUTS: { readonly [Name in Asked]: () => RequestOf<Name> | Promise<RequestOf<Name>> } = {
  'me.get': nothing,
  'me.update': () => ({ hideReceipts: false }),
  'session.list': nothing,
  'session.revoke': () => ({ sessionId: UNKNOWN as never }),
  'user.list': nothing,
  'user.get': () => ({ userIds: userIds() }),
  'user.create': () => ({ username: fresh('person'), password: PASSWORD }),
  'user.update': () => ({ userId: unknownUser(), displayName: 'Nobody' }),
  'key.create': () => ({ userId: unknownUser(), name: 'key', scopes: ['read'] }),
  'key.list': nothing,
  'key.revoke': () => ({ keyId: UNKNOWN }),
  'channel.create': () => ({ kind: 'private', name: fresh('channel ') }),
  'channel.direct': () => ({ userIds: userIds() }),
  'channel.list': nothing,
  'channel.browse': nothing,
  'channel.get': inRoom,
  'channel.update': () => ({ channelId: room, topic: fresh('topic ') }),
  'channel.archive': () => ({ channelId: room, on: false }),
  'channel.join': inRoom,
  'channel.leave': async () => ({ channelId: await channelOf('host', 'private', fresh('to leave ')) }),
  'channel.notify': () => ({ channelId: room, notify: 'all' }),
  'member.list': inRoom,
  'member.invite': () => ({ channelId: room, userIds: [unknownUser()] }),
  'member.kick': () => ({ channelId: room, userId: unknownUser() }),
  'member.ban': () => ({ channelId: room, userId: unknownUser(), on: true }),
  'member.role': () => ({ channelId: room, userId: unknownUser(), role: 'admin' }),
  'invitation.create': () => ({ channelId: room, role: 'guest' }),
  'invitation.list': nothing,
  'invitation.revoke': () => ({ invitationId: UNKNOWN }),
  'invitation.accept': () => ({ code: 'pin_unknown' }),
  'thread.open': hostMessage,
  'thread.follow': () => ({ channelId: thread, on: true }),
  'message.send': () => ({ channelId: room, id: newId<MessageId>(), body: 'hello' }),
  'message.history': inRoom,
  'message.get': hostMessage,
  'message.edit': async () => ({ ...(await hostMessage()), body: 'changed' }),
  'message.delete': hostMessage,
  'message.react': async () => ({ ...(await hostMessage()), emoji: '👍', on: true }),
  'message.pin': async () => ({ ...(await hostMessage()), on: true }),
  'message.edits': hostMessage,
  'message.pins': inRoom,
  'message.unread': inRoom,
  'attachment.url': () => ({ attachmentId: UNKNOWN }),
  'receipt.delivered': cursors,
  'receipt.read': cursors,
  'receipt.read_all': nothing,
  'receipt.unread': () => ({ channelId: room, seq: 1 }),
  'receipt.list': inRoom,
  'receipt.status': hostMessage,
  'presence.set': () => ({ idle: false }),
  'presence.watch': () => ({ userIds: userIds() }),
  'presence.get': () => ({ userIds: userIds() }),
  'typing.set': () => ({ channelId: room, on: true }),
  'message.search': () => ({ query: 'hello' }),
  'sync.changes': () => ({ channelId: room, since: 0 }),
  'metrics.live': nothing,
  'metrics.history': nothing,
  'metrics.usage': nothing,
  'metrics.errors': nothing,
  'audit.list': nothing,
  'flag.list': nothing,
  'flag.set': () => ({ key: 'no-such-flag', rules: [] }),
  'flag.kill': () => ({ key: 'no-such-flag', on: false }),
  'queue.list': nothing,
  'queue.retry': () => ({ id: '1-1' }),
  'queue.drop': () => ({ id: '1-1' }),
  'webhook.list': nothing,
  'webhook.create': () => ({ kind: 'incoming', name: fresh('hook '), channelId: general }),
  'webhook.update': () => ({ webhookId, name: 'Hook' }),
  'webhook.delete': () => ({ webhookId }),
  'webhook.deliveries': () => ({ webhookId }),
  'webhook.replay': () => ({ webhookId, from: 0 }),
};

const EVERYBODY = 'ok ok ok ok ok ok ok ok';
/** All but the key that may only read. */
const WRITERS = 'ok ok ok ok ok ok ok scope_missing';
const OPERATORS = 'ok ok forbidden forbidden forbidden forbidden scope_missing scope_missing';
/** They may, and learn that it is not there. */
const OPERATORS_OF_NOTHING = 'not_found not_found forbidden forbidden forbidden forbidden scope_missing scope_missing';
/** Whoever is not in a private channel does not learn that it exists, operators included. */
const INSIDE = 'not_found not_found ok ok ok not_found ok ok';
const WRITERS_INSIDE = 'not_found not_found ok ok ok not_found ok scope_missing';
const MEMBERS = 'not_found not_found ok ok forbidden not_found ok scope_missing';
const HOST = 'not_found not_found ok forbidden forbidden not_found forbidden scope_missing';
const HOST_OF_NOBODY = 'not_found not_found not_found forbidden forbidden not_found forbidden scope_missing';
const NOTHING_THERE = 'not_found not_found not_found not_found not_found not_found not_found scope_missing';

/** The code that each is answered with, in the order of `CALLERS`. */
const ANSWERS: Readonly<Record<Asked, string>> = {
  'me.get': EVERYBODY,
  'me.update': WRITERS,
  'session.list': WRITERS,
  'session.revoke': NOTHING_THERE,
  'user.list': EVERYBODY,
  'user.get': EVERYBODY,
  'user.create': OPERATORS,
  'user.update': OPERATORS_OF_NOTHING,
  'key.create': OPERATORS_OF_NOTHING,
  'key.list': OPERATORS,
  'key.revoke': OPERATORS_OF_NOTHING,
  'channel.create': 'ok ok ok ok forbidden ok ok scope_missing',
  'channel.direct': WRITERS,
  'channel.list': EVERYBODY,
  'channel.browse': EVERYBODY,
  'channel.get': INSIDE,
  'channel.update': HOST,
  'channel.archive': HOST,
  'channel.join': WRITERS_INSIDE,
  'channel.leave': 'not_found not_found last_owner ok ok not_found ok scope_missing',
  'channel.notify': WRITERS_INSIDE,
  'member.list': INSIDE,
  'member.invite': 'not_found not_found not_found not_found forbidden not_found not_found scope_missing',
  'member.kick': HOST_OF_NOBODY,
  'member.ban': HOST_OF_NOBODY,
  'member.role': HOST_OF_NOBODY,
  'invitation.create': MEMBERS,
  'invitation.list': WRITERS,
  'invitation.revoke': NOTHING_THERE,
  'invitation.accept':
    'invitation_invalid invitation_invalid invitation_invalid invitation_invalid invitation_invalid invitation_invalid invitation_invalid scope_missing',
  'thread.open': WRITERS_INSIDE,
  'thread.follow': WRITERS_INSIDE,
  'message.send': WRITERS_INSIDE,
  'message.history': INSIDE,
  'message.get': INSIDE,
  'message.edit': HOST,
  'message.delete': HOST,
  'message.react': WRITERS_INSIDE,
  'message.pin': MEMBERS,
  'message.edits': 'not_found not_found ok forbidden forbidden not_found forbidden forbidden',
  'message.pins': INSIDE,
  'message.unread': INSIDE,
  'attachment.url': 'not_found not_found not_found not_found not_found not_found not_found not_found',
  'receipt.delivered': WRITERS,
  'receipt.read': WRITERS,
  'receipt.read_all': WRITERS,
  'receipt.unread': WRITERS_INSIDE,
  'receipt.list': INSIDE,
  'receipt.status': INSIDE,
  'presence.set': WRITERS,
  'presence.watch': EVERYBODY,
  'presence.get': EVERYBODY,
  'typing.set': WRITERS_INSIDE,
  'message.search': EVERYBODY,
  'sync.changes': INSIDE,
  'metrics.live': OPERATORS,
  'metrics.history': OPERATORS,
  'metrics.usage': OPERATORS,
  'metrics.errors': OPERATORS,
  'audit.list': OPERATORS,
  'flag.list': OPERATORS,
  'flag.set': OPERATORS_OF_NOTHING,
  'flag.kill': OPERATORS_OF_NOTHING,
  'queue.list': OPERATORS,
  'queue.retry': OPERATORS_OF_NOTHING,
  'queue.drop': OPERATORS_OF_NOTHING,
  'webhook.list': OPERATORS,
  'webhook.create': OPERATORS,
  'webhook.update': OPERATORS_OF_NOTHING,
  'webhook.delete': OPERATORS_OF_NOTHING,
  'webhook.deliveries': OPERATORS_OF_NOTHING,
  'webhook.replay': OPERATORS_OF_NOTHING,
};

const asked = Object.keys(INPUTS) as Asked[];

async function overRest(name: Asked, caller: Caller, input: Record<string, unknown>): Promise<string> {
  const { rest: route } = OPERATIONS[name];
  if (route === null) return 'none';
  const left = { ...input };
  const path = route.path.replace(/:(\w+)/g, (_all, field: string) => {
    const value = String(left[field]);
    delete left[field];
    return encodeURIComponent(value);
  });
  const isInQuery = route.method === 'GET' || route.method === 'DELETE';
  const query = new URLSearchParams(Object.entries(left).map(([field, value]) => [field, String(value)])).toString();
  const target = isInQuery && query !== '' ? `${path}?${query}` : path;
  const { status, body } = await server.call(route.method, target, isInQuery ? undefined : left, tokens.get(caller));
  return status < 300 ? 'ok' : body.code;
}

async function overSocket(name: Asked, caller: Caller, input: Record<string, unknown>): Promise<string> {
  if (OPERATIONS[name].door === 'rest') return 'none';
  const answer = await sockets.get(caller)?.ask(name, input as never);
  return answer?.t === 'error' ? answer.code : 'ok';
}

test.each(asked)('[ACC4] %s, whoever asks, at both doors', async (name) => {
  const [atRest, atSocket]: [string[], string[]] = [[], []];
  for (const caller of CALLERS) {
    atRest.push(await overRest(name, caller, (await INPUTS[name]()) as Record<string, unknown>));
    atSocket.push(await overSocket(name, caller, (await INPUTS[name]()) as Record<string, unknown>));
  }
  const isAt = (door: string[]) => door.some((code) => code !== 'none');
  for (const door of [atRest, atSocket].filter(isAt)) expect(door.join(' ')).toBe(ANSWERS[name]);
});
