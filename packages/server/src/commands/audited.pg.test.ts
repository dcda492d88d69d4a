import { makeUuid, OPERATIONS, type OperationName, type RequestOf } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../app.ts';
import { prefixOf } from '../cluster.ts';
import { makeCursor } from '../lib/cursor.ts';
import { DeadLetters } from '../queue/dead-letters.ts';
import { readEpoch } from '../storage/server-state.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { type ServedApp, serveApp } from '../testing/whole-server.ts';

const PASSWORD = 'correct horse battery';

let database: MigratedDatabase;
let redis: TestRedis;
let letters: DeadLetters;
let app: App;
let url: string;
let call: ServedApp['call'];
let token: string;
let client: SocketClient;

beforeAll(async () => {
  [database, redis] = await Promise.all([migratedDatabase(), TestRedis.start()]);
  letters = new DeadLetters(await redis.link(prefixOf(await readEpoch(database.db))));
  ({ app, url, call } = await serveApp(database.database.config, { REDIS_URL: redis.url }));
  const ownerToken = (await app.ensureOwnerToken()) ?? '';
  token = (await post('/auth/claim-owner', { ownerToken, username: 'ada', password: PASSWORD })).token;
  client = await SocketClient.connect(`${url.replace('http', 'ws')}/v1/socket`, token);
});
afterAll(async () => {
  client.close();
  await app.close();
  await redis.stop();
  await database.drop();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
async function post(path: string, body: object): Promise<any> {
  return (await call('POST', path, body)).body;
}

// biome-ignore lint/suspicious/noExplicitAny: each operation has an answer of its own.
const run = (name: OperationName, input: unknown): Promise<any> => client.run(name, input as RequestOf<OperationName>);

/** What operators and channel admins can change: everything that is no reading and needs more than to write. */
const CHANGES = (Object.keys(OPERATIONS) as OperationName[]).filter((name) => {
  const { scope, policy, door } = OPERATIONS[name];
  return (scope === 'admin' || scope === 'manage') && policy !== 'read' && door !== 'rest';
});

let count = 0;
const unique = (word: string) => `${word}${++count}`;
const newUser = async (kind: 'human' | 'bot' = 'human') =>
  (await run('user.create', { username: unique('user'), kind, ...(kind === 'human' ? { password: PASSWORD } : {}) }))
    .id;
const newChannel = async (memberIds: string[] = []) =>
  (await run('channel.create', { kind: 'public', name: unique('channel'), memberIds })).channel.id;
const newMember = async () => {
  const userId = await newUser();
  return { userId, channelId: await newChannel([userId]) };
};

const newWebhook = async () =>
  (await run('webhook.create', { kind: 'outgoing', name: 'hook', url: 'https://hook.example' })).webhook.id;

/** A send that was set aside, by its id. */
const newParked = async () => {
  const [channelId, id, senderId] = [makeUuid(), makeUuid(), makeUuid()];
  const text = { channelId, rootId: channelId, id, senderId, body: 'x' };
  const entry = { ...text, mentions: null, attachments: null, accessRev: 1, acceptedAt: 0 };
  await letters.add(JSON.stringify(entry), 'refused');
  return (await letters.list()).at(-1)?.id;
};

/** How each of them is done once, and made to change something. A new operation needs a line here, and a record there. */
const EXAMPLES: Partial<Record<OperationName, () => Promise<unknown>>> = {
  'me.update': () => run('me.update', { displayName: 'Ada', hideReceipts: true }),
  'session.revoke': async () => {
    await post('/auth/sign-in', { username: 'ada', password: PASSWORD });
    const { sessions } = await run('session.list', {});
    const other = sessions.find(({ current }: { current: boolean }) => !current);
    return run('session.revoke', { sessionId: other.id });
  },
  'user.create': () => newUser(),
  'user.update': async () => run('user.update', { userId: await newUser(), role: 'admin' }),
  'key.create': async () => run('key.create', { userId: await newUser('bot'), name: 'key', scopes: ['read'] }),
  'key.revoke': async () => {
    const { key } = await run('key.create', { userId: await newUser('bot'), name: 'key', scopes: ['read'] });
    return run('key.revoke', { keyId: key.id });
  },
  'channel.create': () => newChannel(),
  'channel.update': async () => run('channel.update', { channelId: await newChannel(), topic: 'new' }),
  'channel.archive': async () => run('channel.archive', { channelId: await newChannel(), on: true }),
  'member.invite': async () => run('member.invite', { channelId: await newChannel(), userIds: [await newUser()] }),
  'member.kick': async () => run('member.kick', await newMember()),
  'member.ban': async () => run('member.ban', { ...(await newMember()), on: true }),
  'member.role': async () => run('member.role', { ...(await newMember()), role: 'admin' }),
  'invitation.create': () => run('invitation.create', {}),
  'invitation.revoke': async () => {
    const { invitation } = await run('invitation.create', {});
    return run('invitation.revoke', { invitationId: invitation.id });
  },
  'webhook.create': () => run('webhook.create', { kind: 'outgoing', name: 'hook', url: 'https://hook.example' }),
  'webhook.update': async () => run('webhook.update', { webhookId: await newWebhook(), name: 'other' }),
  'webhook.delete': async () => run('webhook.delete', { webhookId: await newWebhook() }),
  'webhook.replay': async () => run('webhook.replay', { webhookId: await newWebhook(), from: 0 }),
  'queue.retry': async () => run('queue.retry', { id: await newParked() }),
  'queue.drop': async () => run('queue.drop', { id: await newParked() }),
  'flag.set': () => run('flag.set', { key: 'notice', rules: [{ value: 'x' }] }),
  'flag.kill': () => run('flag.kill', { key: 'notice', on: true }),
};

describe('the audit log', () => {
  test.each(CHANGES)('[AUD1] %s is on record, with who did it and from where', async (name) => {
    const example = EXAMPLES[name];
    expect(example, `add an example of ${name}, and see that it is recorded`).toBeDefined();
    await example?.();
    const newest = (await run('audit.list', { limit: 1 })).entries[0];
    expect(newest).toMatchObject({ actor: 'ada', address: '127.0.0.1' });
    expect(newest.action.split('.')[0]).toBe(ROOM_WORDS[name] ?? name.split('.')[0]);
  });

  test('[AUD2] pages and the export hold the same, and cursors belong to their list', async () => {
    const all: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await run('audit.list', { limit: 7, ...(cursor === undefined ? {} : { cursor }) });
      all.push(...page.entries);
      cursor = page.nextCursor ?? undefined;
      if (cursor !== undefined) {
        expect(await client.ask('audit.list', { action: 'user', cursor })).toMatchObject({ code: 'bad_cursor' });
      }
    } while (cursor !== undefined);
    expect(all.length).toBeGreaterThan(CHANGES.length);
    const headers = { authorization: `Bearer ${token}` };
    const exported = await fetch(`${url}/v1/audit/export?format=ndjson`, { headers });
    expect(exported.headers.get('content-disposition')).toContain('parley-audit.ndjson');
    const lines = (await exported.text()).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual(
      all.map((entry) => (entry as { id: number }).id),
    );
    const csv = await (await fetch(`${url}/v1/audit/export?action=flag`, { headers })).text();
    expect(csv.split('\r\n')).toHaveLength(4);
    expect((await fetch(`${url}/v1/audit/export?format=xml`, { headers })).status).toBe(400);
  });

  test('[HTTP6] a forged cursor, and a time beyond the calendar, are refused by code', async () => {
    const cursor = makeCursor('audit {}', ['abc']);
    expect(await client.ask('audit.list', { cursor })).toMatchObject({ code: 'bad_cursor' });
    const last = 8.64e15;
    for (const name of ['audit.list', 'metrics.history', 'metrics.usage', 'metrics.errors'] as const) {
      for (const span of [{ since: 2 ** 53 - 1 }, { until: 2 ** 53 - 1 }, { until: last + 1 }])
        expect(await client.ask(name, span), `${name} ${JSON.stringify(span)}`).toMatchObject({ code: 'bad_request' });
      const { t, ...rest } = await client.ask(name, { since: last - 3_600_000, until: last });
      expect(t, JSON.stringify(rest)).toBe('ok');
    }
    const { id: userId } = await run('user.create', { username: 'eternal', kind: 'bot' });
    const key = { userId, name: 'k', scopes: ['read'] as const };
    const forever = await client.ask('key.create', { ...key, scopes: ['read'], expiresInMs: 2 ** 53 - 1 });
    expect(forever).toMatchObject({ code: 'bad_request' });
    await run('key.create', { ...key, expiresInMs: 365 * 86_400_000 });
  });

  test('[AUD2] [MET5] nobody but operators reads it, or the metrics', async () => {
    const { token: stranger } = await post('/auth/sign-up', { username: unique('user'), password: PASSWORD });
    const ask = async (path: string, by?: string) =>
      (await fetch(`${url}/v1${path}`, { headers: by === undefined ? {} : { authorization: `Bearer ${by}` } })).status;
    for (const path of [
      '/audit',
      '/audit/export',
      '/metrics/live',
      '/metrics/history',
      '/metrics/usage',
      '/metrics/errors',
      '/flags',
      '/queue',
    ]) {
      expect([path, await ask(path), await ask(path, stranger), await ask(path, token)]).toEqual([path, 401, 403, 200]);
    }
  });
});

/** Where the word of the record is another than that of the operation. */
const ROOM_WORDS: Readonly<Partial<Record<OperationName, string>>> = { 'me.update': 'user', 'session.revoke': 'auth' };
