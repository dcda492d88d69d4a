import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { query } from '../storage/postgres.ts';
import type { Answer } from '../testing/ask.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { startTestHttp, type TestHttp } from '../testing/test-http.ts';
import { waitFor } from '../testing/wait-for.ts';
import { ensureOwnerToken } from '../users/owner-token.ts';
import { purgeKeys } from './idempotency-store.ts';

const PASSWORD = 'a good password';
const DAY_MS = 86_400_000;

let database: MigratedDatabase;
let http: TestHttp;
let owner: string;
let other: string;
let runs = 0;
let gate: Promise<unknown> = Promise.resolve();
let failure: Error | null = null;
let rootText = '';

beforeAll(async () => {
  database = await migratedDatabase();
  http = await startTestHttp(database, {
    signUp: 'open',
    handlers: {
      // A change that is easy to count, slow at will, and refused at will.
      'channel.leave': async () => {
        runs += 1;
        await gate;
        if (failure !== null) throw failure;
        return { run: runs } as object as Record<string, never>;
      },
      'thread.open': async () => ({ root: { body: rootText } }) as never,
      'webhook.create': async () => ({ secret: 'whsec_hidden', path: '/hooks/hidden' }) as never,
    },
  });
  const ownerToken = await ensureOwnerToken(database.db);
  const claim = { ownerToken, username: 'owner', password: PASSWORD };
  owner = (await http.ask('POST', '/v1/auth/claim-owner', { body: claim })).body.token;
  other = (await http.ask('POST', '/v1/auth/sign-up', { body: { username: 'other', password: PASSWORD } })).body.token;
});
afterAll(async () => {
  await http.stop();
  await database.drop();
});
beforeEach(() => {
  runs = 0;
  gate = Promise.resolve();
  failure = null;
});

const CHANNEL = '00000000-0000-7000-8000-000000000000';
const leave = (key: string, token = owner, channel = CHANNEL) =>
  http.ask('POST', `/v1/channels/${channel}/leave`, { token, headers: { 'idempotency-key': key } });
const isReplay = (answer: Answer) => answer.headers.get('idempotent-replayed') === 'true';

const storedAnswers = async () => JSON.stringify(await query(database.db, 'SELECT * FROM idempotency_keys'));

describe('[HTTP5] Idempotency-Key', () => {
  test('a repeat gives the first answer and runs nothing', async () => {
    const key = randomUUID();
    const [first, second] = [await leave(key), await leave(key)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
    expect([isReplay(first), isReplay(second)]).toEqual([false, true]);
    expect(runs).toBe(1);
    await leave(randomUUID());
    expect(runs).toBe(2);
  });

  test('the order of keys in the body does not matter, its content does', async () => {
    const key = randomUUID();
    const create = (body: unknown) =>
      http.ask('POST', '/v1/users', { token: owner, body, headers: { 'idempotency-key': key } });
    const first = await create('{"username":"newcomer","displayName":"New"}');
    expect(first.status).toBe(200);
    expect((await create('{ "displayName": "New", "username": "newcomer" }')).body).toEqual(first.body);
    expect(await create({ username: 'newcomer2' })).toMatchObject({ status: 422, body: { code: 'key_reused' } });
  });

  test('the same key for another operation or address is refused', async () => {
    const key = randomUUID();
    await leave(key);
    const elsewhere = await leave(key, owner, CHANNEL.replace(/0$/, '1'));
    expect(elsewhere).toMatchObject({ status: 422, body: { code: 'key_reused' } });
  });

  test('keys belong to their caller', async () => {
    const key = randomUUID();
    await leave(key);
    const foreign = await leave(key, other);
    expect([foreign.status, isReplay(foreign), runs]).toEqual([200, false, 2]);
  });

  test('while the first runs, others with the key are told to wait; of many at once one runs', async () => {
    const key = randomUUID();
    let open: (value: unknown) => void = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = leave(key);
    await waitFor('the first runs', () => runs === 1);
    const others = await Promise.all(Array.from({ length: 5 }, () => leave(key)));
    for (const answer of others) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'key_in_use', retryAfterMs: 1_000 } });
    }
    open(null);
    expect((await first).status).toBe(200);
    expect(isReplay(await leave(key))).toBe(true);
    expect(runs).toBe(1);
  });

  test('a refusal frees the key, since nothing was changed', async () => {
    const key = randomUUID();
    failure = new AppError('forbidden', 'unable to leave; not now');
    expect((await leave(key)).status).toBe(403);
    failure = null;
    const again = await leave(key);
    expect([again.status, isReplay(again), runs]).toEqual([200, false, 2]);
  });

  test('where a commit lost its answer nothing runs again, and the repeat is told so', async () => {
    const key = randomUUID();
    failure = new Error('Connection terminated unexpectedly');
    expect((await leave(key)).status).toBe(503);
    failure = null;
    await http.clock.advance(3_600_000);
    expect(await leave(key)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(runs).toBe(1);
    // A database that could not be reached has done nothing.
    const other = randomUUID();
    failure = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect((await leave(other)).status).toBe(503);
    failure = null;
    expect((await leave(other)).status).toBe(200);
  });

  test('the place of a request whose node died is taken after a minute', async () => {
    const key = randomUUID();
    await leave(key);
    await query(database.db, 'UPDATE idempotency_keys SET status = NULL, response = NULL, created_at = $1', [
      new Date(http.clock.now() - 59_000),
    ]);
    expect((await leave(key)).body.code).toBe('key_in_use');
    await http.clock.advance(2_000);
    const again = await leave(key);
    expect([again.status, isReplay(again), runs]).toEqual([200, false, 2]);
  });

  test('answers are kept for a day, then a key is new again', async () => {
    const key = randomUUID();
    await leave(key);
    await http.clock.advance(DAY_MS - 1_000);
    expect(isReplay(await leave(key))).toBe(true);
    await http.clock.advance(2_000);
    expect(isReplay(await leave(key))).toBe(false);
    await purgeKeys(database.db, http.clock.now() + DAY_MS + 1_000);
    expect(await query(database.db, 'SELECT 1 FROM idempotency_keys')).toEqual([]);
  });

  test('answers with secrets are not kept; passwords and keys cannot be guessed from what is', async () => {
    const bot = await http.ask('POST', '/v1/users', { token: owner, body: { username: 'bot', kind: 'bot' } });
    const key = randomUUID();
    const make = () =>
      http.ask('POST', '/v1/keys', {
        token: owner,
        body: { userId: bot.body.id, name: 'k', scopes: ['read'] },
        headers: { 'idempotency-key': key },
      });
    const made = await make();
    expect(made.status).toBe(200);
    const repeated = await make();
    expect(repeated).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const stored = JSON.stringify(
      await query(database.db, `SELECT *, encode(request_hash, 'hex') AS hex FROM idempotency_keys`),
    );
    expect(stored).not.toContain(made.body.secret);
    expect(stored).not.toContain(key);
    expect((await http.ask('GET', '/v1/keys', { token: owner })).body.keys).toHaveLength(1);
  });

  test('the secrets of a webhook are not kept', async () => {
    const body = { kind: 'incoming', name: 'builds', channelId: CHANNEL };
    const headers = { 'idempotency-key': randomUUID() };
    expect((await http.ask('POST', '/v1/webhooks', { token: owner, body, headers })).status).toBe(200);
    expect(await storedAnswers()).not.toContain('hidden');
    const repeated = await http.ask('POST', '/v1/webhooks', { token: owner, body, headers });
    expect(repeated).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  test('[MSG2] an answer that shows a text is not kept: a repeat shows what is there now', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const open = () =>
      http.ask('POST', `/v1/channels/${CHANNEL}/messages/${CHANNEL}/thread`, { token: owner, headers });
    rootText = 'said in anger';
    expect((await open()).body.root.body).toBe('said in anger');
    expect(await storedAnswers()).not.toContain('said in anger');
    rootText = '';
    const repeated = await open();
    expect([repeated.body.root.body, isReplay(repeated)]).toEqual(['', true]);
  });

  test.each([' ', 'a b', 'x'.repeat(256), '\u00e9'])('the key %j is refused', async (key) => {
    const answer = await leave(key);
    if (key === ' ') return expect(answer.status).toBe(400);
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } });
  });
});
