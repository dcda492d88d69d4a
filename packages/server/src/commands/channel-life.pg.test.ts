import type {
  ChannelId,
  InvitationView,
  JoinedChannel,
  MessageId,
  MessageView,
  SignedIn,
  UserId,
} from '@parley/protocol';
import { makeUuid } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../app.ts';
import { readConfig } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { createLogger } from '../monitoring/logger.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';

let database: TestDatabase;
let app: App;
let url: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const config = readConfig({}, { host: '127.0.0.1', port: '0', logLevel: 'silent', allowUnsafeDatabase: 'true' });
  app = await createApp({
    config,
    connection: database.config,
    logger: createLogger('silent', 'test'),
    clock: systemClock,
  });
  url = `http://127.0.0.1:${(await app.listen()).port}`;
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function post(path: string, body: object): Promise<SignedIn> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as SignedIn;
}

const password = 'correct horse battery';
const newId = () => makeUuid() as MessageId;
const connect = (token: string) => SocketClient.connect(`${url.replace('http', 'ws')}/v1/socket`, token);

test('[HUB3] [ACC1] from the first owner over an invitation and a thread to a kick, on live sockets', async () => {
  const ownerToken = await app.ensureOwnerToken();
  const ann = await post('/auth/claim-owner', { username: 'ann', password, ownerToken });
  const annSocket = await connect(ann.token);
  const made = (await annSocket.run('channel.create', { kind: 'private', name: 'plans' })) as JoinedChannel;
  const channelId = made.channel.id;
  const asked = (await annSocket.run('invitation.create', { channelId })) as {
    invitation: InvitationView;
    code: string;
  };
  await annSocket.run('message.send', { channelId, id: newId(), body: 'before' });

  const bob = await post('/auth/sign-up', { username: 'bob', password, invitation: asked.code });
  const bobSocket = await connect(bob.token);
  await annSocket.until('members', (event) => event.joined.some((member) => member.userId === bob.user.id));
  const topic = newId();
  await annSocket.run('message.send', { channelId, id: topic, body: 'hello @bob' });
  const heard = await bobSocket.until('message', (event) => event.message.id === topic);
  expect(heard.message.mentions).toEqual([bob.user.id]);

  const { channel } = (await annSocket.run('thread.open', { channelId, messageId: topic })) as {
    channel: { id: ChannelId };
  };
  await bobSocket.run('message.send', { channelId: channel.id, id: newId(), body: 'a reply' });
  const followed = await bobSocket.until('joined', (event) => event.joined.channel.id === channel.id);
  expect(followed.joined.membership).toMatchObject({ role: 'member', readSeq: 1 });
  await annSocket.until('message', (event) => event.message.channelId === channel.id && event.change === 'new');

  await annSocket.run('member.kick', { channelId, userId: bob.user.id });
  await annSocket.run('message.send', { channelId, id: newId(), body: 'SECRET' });
  await annSocket.run('message.send', { channelId: channel.id, id: newId(), body: 'SECRET too' });
  const left = await bobSocket.until('members', (event) => event.left.includes(bob.user.id));
  for (const id of [channelId, channel.id]) {
    expect(await bobSocket.ask('message.send', { channelId: id, id: newId(), body: 'still here' })).toMatchObject({
      code: 'not_found',
    });
    expect(await bobSocket.ask('message.history', { channelId: id })).toMatchObject({ code: 'not_found' });
    expect(await bobSocket.ask('sync.changes', { channelId: id, since: 0 })).toMatchObject({ code: 'not_found' });
  }
  expect(bobSocket.of('message').filter((event) => event.rev > left.rev)).toEqual([]);
  expect(JSON.stringify(bobSocket.frames)).not.toContain('SECRET');
  annSocket.close();
  bobSocket.close();
});

test('a conversation reaches both, and an edit and a delete follow it', async () => {
  const ann = await post('/auth/sign-in', { username: 'ann', password });
  const bob = await post('/auth/sign-in', { username: 'bob', password });
  const [annSocket, bobSocket] = [await connect(ann.token), await connect(bob.token)];
  const opened = (await annSocket.run('channel.direct', { userIds: [bob.user.id as UserId] })) as JoinedChannel;
  const channelId = opened.channel.id;
  await bobSocket.until('joined', (event) => event.joined.channel.id === channelId);
  await annSocket.until('joined', (event) => event.joined.channel.id === channelId);
  const messageId = newId();
  await annSocket.run('message.send', { channelId, id: messageId, body: 'one' });
  await annSocket.run('message.edit', { channelId, messageId, body: 'two' });
  await bobSocket.run('message.react', { channelId, messageId, emoji: '👍', on: true });
  await annSocket.run('message.delete', { channelId, messageId });
  await bobSocket.until('message', (event) => event.change === 'deleted');
  const states = (socket: SocketClient): [string, MessageView['body']][] =>
    socket
      .of('message')
      .filter((event) => event.channel === channelId)
      .map((event) => [event.change, event.message.body]);
  const story = [
    ['new', 'one'],
    ['edited', 'two'],
    ['reacted', 'two'],
    ['deleted', ''],
  ];
  expect(states(bobSocket)).toEqual(story);
  await annSocket.until('message', (event) => event.channel === channelId && event.change === 'deleted');
  expect(states(annSocket)).toEqual(story);
  annSocket.close();
  bobSocket.close();
});

test('[PRES10] a new name reaches one’s own devices and those who look, and a role given by an owner as well', async () => {
  const ann = await post('/auth/sign-in', { username: 'ann', password });
  const bob = await post('/auth/sign-in', { username: 'bob', password });
  const [annSocket, bobSocket] = [await connect(ann.token), await connect(bob.token)];
  await annSocket.run('presence.watch', { userIds: [bob.user.id] });
  await bobSocket.run('me.update', { displayName: 'Robert' });
  for (const socket of [annSocket, bobSocket]) await socket.until('user', ({ user }) => user.displayName === 'Robert');
  await annSocket.run('user.update', { userId: bob.user.id, role: 'admin' });
  await annSocket.until('user', ({ user }) => user.id === bob.user.id && user.role === 'admin');
  await annSocket.run('user.update', { userId: bob.user.id, role: 'member' });
  annSocket.close();
  bobSocket.close();
});

test('[ROAD2] a repeat gives the first result also to whoever was removed since, and in an archived channel', async () => {
  const ann = await post('/auth/sign-in', { username: 'ann', password });
  const bob = await post('/auth/sign-in', { username: 'bob', password });
  const [annSocket, bobSocket] = [await connect(ann.token), await connect(bob.token)];
  const memberIds = [bob.user.id as UserId];
  const make = async (name: string) => {
    const made = (await annSocket.run('channel.create', { kind: 'private', name, memberIds })) as JoinedChannel;
    const channelId = made.channel.id;
    await bobSocket.until('joined', (event) => event.joined.channel.id === channelId);
    return { channelId, id: newId(), body: 'stored before' };
  };
  const [left, closed] = [await make('to be left'), await make('to be closed')];
  const others = { channelId: left.channelId, id: newId(), body: 'of somebody else' };
  const first = [await bobSocket.run('message.send', left), await bobSocket.run('message.send', closed)];
  await annSocket.run('message.send', others);
  await annSocket.run('member.kick', { channelId: left.channelId, userId: bob.user.id });
  await annSocket.run('channel.archive', { channelId: closed.channelId, on: true });
  await bobSocket.until('channel', (event) => event.channel === closed.channelId);
  await bobSocket.until('members', (event) => event.channel === left.channelId && event.left.length > 0);

  expect([await bobSocket.run('message.send', left), await bobSocket.run('message.send', closed)]).toEqual(first);
  for (const refused of [others, { ...left, id: newId() }])
    expect(await bobSocket.ask('message.send', refused)).toMatchObject({ code: 'not_found' });
  expect(await bobSocket.ask('message.send', { ...closed, id: newId() })).toMatchObject({ code: 'archived' });
  annSocket.close();
  bobSocket.close();
});
