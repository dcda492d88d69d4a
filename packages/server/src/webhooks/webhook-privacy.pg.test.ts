import { type MessageId, makeUuid, type OperationName, type RequestOf } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, createApp } from '../app.ts';
import { readConfig } from '../config/config.ts';
import { createLogger } from '../monitoring/logger.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { waitFor } from '../testing/wait-for.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';

const PASSWORD = 'correct horse battery';

let database: TestDatabase;
let app: App;
let url: string;
let ada: SocketClient;
let alice: SocketClient;
let eve: SocketClient;
const ids = new Map<SocketClient, string>();

beforeAll(async () => {
  database = await createTestDatabase();
  const config = readConfig({
    PORT: '0',
    PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
    PARLEY_SIGN_UP: 'open',
    PARLEY_WEBHOOK_RANGES: '127.0.0.0/8',
    PARLEY_RATE_MESSAGES: 'off',
    PARLEY_RATE_CHANGES: 'off',
    PARLEY_RATE_CHANNEL_CREATION: 'off',
  });
  app = await createApp({ config, connection: database.config, logger: createLogger('silent', 'test') });
  url = `http://127.0.0.1:${(await app.listen()).port}`;
  const ownerToken = (await app.ensureOwnerToken()) ?? '';
  ada = await enter('claim-owner', 'ada', { ownerToken });
  alice = await enterAsAdmin('alice');
  eve = await enterAsAdmin('eve');
});
afterAll(async () => {
  for (const client of [ada, alice, eve]) client.close();
  await app.close();
  await database.drop();
});

async function enter(way: 'claim-owner' | 'sign-up', username: string, more: object = {}): Promise<SocketClient> {
  const body = JSON.stringify({ username, password: PASSWORD, ...more });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/auth/${way}`, { method: 'POST', headers, body });
  const { token, user } = (await response.json()) as { token: string; user: { id: string } };
  const client = await SocketClient.connect(`${url.replace('http', 'ws')}/v1/socket`, token);
  ids.set(client, user.id);
  return client;
}

async function enterAsAdmin(username: string): Promise<SocketClient> {
  const client = await enter('sign-up', username);
  await run(ada, 'user.update', { userId: ids.get(client), role: 'admin' });
  return client;
}

// biome-ignore lint/suspicious/noExplicitAny: each operation has an answer of its own.
const run = (by: SocketClient, name: OperationName, input: unknown): Promise<any> =>
  by.run(name, input as RequestOf<OperationName>);
const ask = (by: SocketClient, name: OperationName, input: unknown) => by.ask(name, input as RequestOf<OperationName>);

async function say(by: SocketClient, channelId: string, body: string): Promise<string> {
  const id = makeUuid() as MessageId;
  await run(by, 'message.send', { channelId, id, body });
  return id;
}

async function storedDeliveries(): Promise<string> {
  const connection = new pg.Client(database.config);
  await connection.connect();
  const { rows } = await connection.query('SELECT row_to_json(d) AS row FROM webhook_deliveries d');
  await connection.end();
  return JSON.stringify(rows);
}

/** A private channel of Alice with a webhook of hers. */
async function privateHook(name: string) {
  const receiver = new WebhookReceiver();
  const { channel } = await run(alice, 'channel.create', { kind: 'private', name });
  const { id: channelId } = channel;
  const made = await run(alice, 'webhook.create', { kind: 'outgoing', name, url: await receiver.start(), channelId });
  return { receiver, channelId, webhookId: made.webhook.id as string };
}

test('[HOOK6] who may not have a webhook made for a private channel neither moves, starts nor repeats one', async () => {
  const { receiver, channelId, webhookId } = await privateHook('hers');
  const foreign = new WebhookReceiver();
  await say(alice, channelId, 'for Alice alone');
  await waitFor('it was told', () => receiver.texts.includes('for Alice alone'));
  const refusal = { code: 'not_found' };
  expect(await ask(eve, 'webhook.update', { webhookId, url: await foreign.start() })).toMatchObject(refusal);
  expect(await ask(eve, 'webhook.replay', { webhookId, from: 0 })).toMatchObject(refusal);
  // Any operator may stop it, and nobody but who may change the channel lets it go on.
  expect(await run(eve, 'webhook.update', { webhookId, state: 'paused' })).toMatchObject({ state: 'paused' });
  expect(await ask(eve, 'webhook.update', { webhookId, state: 'active' })).toMatchObject(refusal);
  expect(JSON.stringify(await run(eve, 'webhook.deliveries', { webhookId }))).not.toContain('for Alice');
  expect(await run(alice, 'webhook.update', { webhookId, state: 'active' })).toMatchObject({ state: 'active' });
  expect(await run(alice, 'webhook.replay', { webhookId, from: 0 })).toEqual({ count: 1 });
  await waitFor('it was told again', () => receiver.heard.length === 2);
  await run(eve, 'webhook.delete', { webhookId });
  expect(foreign.heard).toEqual([]);
  for (const one of [receiver, foreign]) one.stop();
});

test('[HOOK7] a text that was deleted is in no delivery: neither stored, nor sent late, nor repeated', async () => {
  const { receiver, channelId, webhookId } = await privateHook('forgetful');
  const early = await say(alice, channelId, 'said in anger');
  await waitFor('it was told', () => receiver.texts.includes('said in anger'));
  receiver.status = 500;
  const late = await say(alice, channelId, 'said too soon');
  await waitFor('it was tried', () => receiver.texts.includes('said too soon'));
  for (const messageId of [early, late]) await run(alice, 'message.delete', { channelId, messageId });
  expect(await storedDeliveries()).not.toContain('said');
  receiver.status = 200;
  receiver.heard.length = 0;
  await run(alice, 'webhook.replay', { webhookId, from: 0 });
  await run(alice, 'webhook.update', { webhookId, state: 'active' });
  const types = () => receiver.heard.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  const all = ['message.created', 'message.created', 'message.deleted', 'message.deleted'];
  await waitFor('all were told', () => types().length >= all.length);
  expect(types()).toEqual(all);
  expect(receiver.texts).toEqual(['', '', '', '']);
  receiver.stop();
});

test('[HOOK6] a webhook of a private channel is told nothing while whoever made it could not make it', async () => {
  const { receiver, channelId, webhookId } = await privateHook('kept');
  const userId = ids.get(alice);
  await run(alice, 'member.invite', { channelId, userIds: [ids.get(ada)] });
  await run(alice, 'member.role', { channelId, userId: ids.get(ada), role: 'owner' });
  const held = async () =>
    (await run(ada, 'webhook.list', {})).webhooks.find(({ id }: { id: string }) => id === webhookId).lastError !== null;
  const losses: [OperationName, object, OperationName, object][] = [
    ['user.update', { userId, role: 'member' }, 'user.update', { userId, role: 'admin' }],
    ['member.role', { channelId, userId, role: 'member' }, 'member.role', { channelId, userId, role: 'admin' }],
    ['member.kick', { channelId, userId }, 'member.invite', { channelId, userIds: [userId] }],
  ];
  for (const [at, [loss, lost, gain, gained]] of losses.entries()) {
    await say(ada, channelId, `before ${at}`);
    await waitFor('it was told', () => receiver.texts.includes(`before ${at}`));
    await run(ada, loss, lost);
    await say(ada, channelId, `between ${at}`);
    await waitFor('it is held', held);
    expect(receiver.texts.at(-1)).toBe(`before ${at}`);
    await run(ada, gain, gained);
    if (loss === 'member.kick') await run(ada, 'member.role', { channelId, userId, role: 'admin' });
    await waitFor('it goes on', () => receiver.texts.includes(`between ${at}`));
  }
  expect(receiver.texts).toEqual(losses.flatMap((_, at) => [`before ${at}`, `between ${at}`]));
  receiver.stop();
});
