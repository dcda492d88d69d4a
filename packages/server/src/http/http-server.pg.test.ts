import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { originsOf } from '../lib/origin.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { startTestHttp, type TestHttp } from '../testing/test-http.ts';
import { waitFor } from '../testing/wait-for.ts';
import { ensureOwnerToken } from '../users/owner-token.ts';

const PASSWORD = 'a good password';

let database: MigratedDatabase;
let http: TestHttp;
let owner: string;
let member: string;

beforeAll(async () => {
  database = await migratedDatabase();
  http = await startTestHttp(database, { signUp: 'open' });
  const ownerToken = await ensureOwnerToken(database.db);
  const claim = { ownerToken, username: 'owner', password: PASSWORD };
  owner = (await http.ask('POST', '/v1/auth/claim-owner', { body: claim })).body.token;
  member = (await http.ask('POST', '/v1/auth/sign-up', { body: { username: 'member', password: PASSWORD } })).body
    .token;
});
afterAll(async () => {
  await http.stop();
  await database.drop();
});

describe('the road of a request', () => {
  test('from nobody to a user and back', async () => {
    const before = await http.ask('GET', '/v1/auth/info');
    expect(before).toMatchObject({ status: 200, body: { name: 'Test', hasOwner: true, signUp: 'open' } });
    const signedIn = await http.ask('POST', '/v1/auth/sign-in', { body: { username: 'Member', password: PASSWORD } });
    expect(signedIn.status).toBe(200);
    const { token } = signedIn.body;
    expect(await http.ask('GET', '/v1/me', { token })).toMatchObject({ status: 200, body: { username: 'member' } });
    const sessions = await http.ask('GET', '/v1/me/sessions', { token });
    expect(sessions.body.sessions.filter((session: { current: boolean }) => session.current)).toHaveLength(1);
    expect(await http.ask('PATCH', '/v1/me', { token, body: { displayName: 'Zoë' } })).toMatchObject({
      body: { displayName: 'Zoë' },
    });
    expect((await http.ask('POST', '/v1/auth/sign-out', { token })).status).toBe(200);
    expect(http.notices.at(-1)).toMatchObject({ kind: 'cut', reason: 'revoked' });
    expect(await http.ask('GET', '/v1/me', { token })).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
  });

  test('lists take their input from the query, changes from path and body', async () => {
    const users = await http.ask('GET', '/v1/users?query=mem&limit=5', { token: member });
    expect(users.body.users.map((user: { username: string }) => user.username)).toEqual(['member']);
    const { id } = users.body.users[0];
    const byId = await http.ask('GET', `/v1/users/by-id?userIds=${id},${id}`, { token: member });
    expect(byId.body.users).toHaveLength(1);
    const bot = await http.ask('POST', '/v1/users', { token: owner, body: { username: 'bot', kind: 'bot' } });
    const key = await http.ask('POST', '/v1/keys', {
      token: owner,
      body: { userId: bot.body.id, name: 'k', scopes: ['read'] },
    });
    const { secret } = key.body;
    expect(await http.ask('GET', '/v1/me', { token: secret })).toMatchObject({ status: 200, body: { kind: 'bot' } });
    expect(await http.ask('PATCH', '/v1/me', { token: secret, body: {} })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
    expect((await http.ask('DELETE', `/v1/keys/${key.body.key.id}`, { token: owner })).status).toBe(200);
    expect(await http.ask('GET', '/v1/me', { token: secret })).toMatchObject({ status: 401 });
  });

  test('answers of the API are kept by nobody and carry what browsers need', async () => {
    const { headers } = await http.ask('GET', '/v1/me', { token: member });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect((await http.ask('HEAD', '/v1/me', { token: member })).status).toBe(200);
  });
});

describe('problems', () => {
  test('say what, where, and how to go on', async () => {
    const { status, headers, body } = await http.ask('POST', '/v1/auth/sign-up?x=1', {
      body: {},
      headers: { 'x-request-id': 'given-1' },
    });
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(headers.get('x-request-id')).toBe('given-1');
    expect(body).toMatchObject({
      type: '/docs#error-bad_request',
      status: 400,
      code: 'bad_request',
      instance: '/v1/auth/sign-up',
      request_id: 'given-1',
    });
    const wrong = await http.ask('POST', '/v1/auth/sign-up', { body: { username: 'x', password: 'short' } });
    expect(wrong.body.errors.map((issue: { pointer: string }) => issue.pointer)).toEqual(['/username', '/password']);
    expect(JSON.stringify(wrong.body)).not.toContain('short');
  });

  test('a request id that could forge a log line is replaced', async () => {
    const { headers } = await http.ask('GET', '/healthz', { headers: { 'x-request-id': 'a b"c' } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('unknown addresses and methods are told apart', async () => {
    expect(await http.ask('GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await http.ask('GET', '/v1/nothing', { token: member })).toMatchObject({ status: 404 });
    const wrong = await http.ask('PUT', '/v1/me', { token: member, body: {} });
    expect(wrong).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(wrong.headers.get('allow')).toBe('GET, PATCH, HEAD');
    expect(await http.ask('GET', '/v1/me/%zz', { token: member })).toMatchObject({ status: 400 });
    expect(await http.ask('GET', '//v1/me', { token: member })).toMatchObject({ status: 404 });
    expect(await http.ask('DELETE', '/v1/keys/%00', { token: owner })).toMatchObject({ status: 400 });
    expect(await http.ask('DELETE', `/v1/keys/${'x'.repeat(5_000)}`, { token: owner })).toMatchObject({
      body: { code: expect.stringMatching(/^(not_found|bad_request)$/) },
    });
  });

  test('401 asks for a token, 429 and 503 say when to come back', async () => {
    const nobody = await http.ask('GET', '/v1/me');
    expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
    const strict = await startTestHttp(database, { policies: { read: { limit: 1, windowMs: 60_000 } } });
    try {
      await strict.ask('GET', '/v1/me', { token: member });
      const refused = await strict.ask('GET', '/v1/me', { token: member });
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', retryAfterMs: 60_000 } });
      expect(refused.headers.get('retry-after')).toBe('60');
      // Each user, and each address of those who are nobody yet, has a bucket of its own.
      expect((await strict.ask('GET', '/v1/me', { token: owner })).status).toBe(200);
      expect((await strict.ask('GET', '/v1/auth/info')).status).toBe(200);
      expect((await strict.ask('GET', '/v1/auth/info')).status).toBe(429);
    } finally {
      await strict.stop();
    }
  });

  test('a fault is told as internal, without its details', async () => {
    const broken = await startTestHttp(database, {
      handlers: {
        'me.get': () => {
          throw new Error('secret detail');
        },
        'key.list': () => Promise.reject(Object.assign(new Error('connection'), { code: 'ECONNREFUSED' })),
        'session.list': () => {
          throw new AppError('unavailable', 'unable to list; a part is away', { retryAfterMs: 1_500 });
        },
      },
    });
    try {
      const answer = await broken.ask('GET', '/v1/me', { token: member });
      expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
      expect(JSON.stringify(answer.body)).not.toContain('secret');
      expect(await broken.ask('GET', '/v1/keys', { token: owner })).toMatchObject({
        status: 503,
        body: { code: 'busy' },
      });
      const away = await broken.ask('GET', '/v1/me/sessions', { token: owner });
      expect(away.headers.get('retry-after')).toBe('2');
    } finally {
      await broken.stop();
    }
  });
});

describe('authorisation', () => {
  const TOKENS = [undefined, '', 'null', 'pst_', 'Bearer', 'a b', `pst_${'x'.repeat(43)}`, 'x'.repeat(5_000), 'é'];

  test('[HTTP1] every operation but the ways in needs a good token', async () => {
    const { paths } = (await http.ask('GET', '/v1/openapi.json')).body;
    let checked = 0;
    for (const [path, methods] of Object.entries(paths as Record<string, Record<string, { security: unknown[] }>>)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (operation.security.length === 0) continue;
        const url = `/v1${path.replace(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000')}`;
        const { status, body } = await http.ask(
          method.toUpperCase(),
          url,
          method === 'get' || method === 'delete' ? {} : { body: {} },
        );
        expect([path, method, status, body.code]).toEqual([path, method, 401, 'unauthenticated']);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(40);
  });

  test('what looks like a token and is none gets the same answer', async () => {
    for (const token of TOKENS) {
      const headers = token === undefined ? {} : { authorization: encodeURI(`Bearer ${token}`) };
      expect(await http.ask('GET', '/v1/me', { headers })).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      });
    }
    for (const authorization of [
      member,
      `Basic ${member}`,
      `Bearer  ${member}`,
      `Bearer ${member} x`,
      `Token ${member}`,
    ]) {
      expect(await http.ask('GET', '/v1/me', { headers: { authorization } })).toMatchObject({ status: 401 });
    }
    expect(await http.ask('GET', `/v1/me?token=${member}`)).toMatchObject({ status: 401 });
    expect(await http.ask('GET', '/v1/me', { headers: { cookie: `token=${member}` } })).toMatchObject({ status: 401 });
  });

  test('server management is for admins', async () => {
    const id = (await http.ask('GET', '/v1/me', { token: owner })).body.id;
    const tries = [
      ['POST', '/v1/users', { username: 'newcomer' }],
      ['PATCH', `/v1/users/${id}`, { role: 'guest' }],
      ['POST', '/v1/keys', { userId: id, name: 'k', scopes: ['admin'] }],
      ['GET', '/v1/keys', undefined],
      ['DELETE', `/v1/keys/${id}`, undefined],
    ] as const;
    for (const [method, path, body] of tries) {
      const answer = await http.ask(method, path, { token: member, ...(body === undefined ? {} : { body }) });
      expect([path, answer.body.code]).toEqual([path, 'forbidden']);
    }
  });

  test('one does not end sessions of somebody else, nor learn of them', async () => {
    const mine = (await http.ask('GET', '/v1/me/sessions', { token: owner })).body.sessions;
    const foreign = await http.ask('DELETE', `/v1/me/sessions/${mine[0].id}`, { token: member });
    expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await http.ask('GET', '/v1/me', { token: owner })).status).toBe(200);
  });

  test('[AUTH7] the answer to a revocation comes after the sockets were told', async () => {
    const { token } = (await http.ask('POST', '/v1/auth/sign-in', { body: { username: 'member', password: PASSWORD } }))
      .body;
    const { sessions } = (await http.ask('GET', '/v1/me/sessions', { token })).body;
    const { id } = sessions.find((session: { current: boolean }) => session.current);
    http.notices.length = 0;
    const answer = await http.ask('DELETE', `/v1/me/sessions/${id}`, { token: member });
    expect(answer.status).toBe(200);
    expect(http.notices).toEqual([expect.objectContaining({ kind: 'cut', reason: 'revoked', sessionId: id })]);
    expect((await http.ask('GET', '/v1/me', { token })).status).toBe(401);
  });
});

describe('limits of those who are nobody yet', () => {
  test('[RATE2] a forged X-Forwarded-For frees nobody, and locks nobody else out', async () => {
    const policies = { signIn: { limit: 2, windowMs: 60_000 } };
    const plain = await startTestHttp(database, { policies });
    const proxied = await startTestHttp(database, { policies, trustedProxies: ['127.0.0.1'] });
    const tryOn = (target: TestHttp, forwarded: string, username: string) =>
      target.ask('POST', '/v1/auth/sign-in', {
        body: { username, password: 'wrong' },
        headers: { 'x-forwarded-for': forwarded },
      });
    try {
      const direct = [];
      for (let n = 0; n < 4; n++) direct.push((await tryOn(plain, `203.0.113.${n}`, `direct${n}`)).status);
      expect(direct).toEqual([401, 401, 429, 429]);
      const behind = [];
      for (let n = 0; n < 4; n++)
        behind.push((await tryOn(proxied, `203.0.113.${n}, 198.51.100.7`, `behind${n}`)).status);
      expect(behind).toEqual([401, 401, 429, 429]);
      expect((await tryOn(proxied, '198.51.100.8', 'other')).status).toBe(401);
    } finally {
      await plain.stop();
      await proxied.stop();
    }
  });

  test('guesses at one account count together, from wherever they come, and whether it exists or not', async () => {
    const target = await startTestHttp(database, {
      policies: { signIn: { limit: 2, windowMs: 60_000 } },
      trustedProxies: ['127.0.0.1'],
    });
    try {
      for (const username of ['member', 'MEMBER-who-is-not']) {
        const statuses = [];
        for (let n = 0; n < 4; n++) {
          const headers = { 'x-forwarded-for': `198.51.100.${n + 10}` };
          statuses.push(
            (await target.ask('POST', '/v1/auth/sign-in', { body: { username, password: 'wrong' }, headers })).status,
          );
        }
        expect(statuses).toEqual([401, 401, 429, 429]);
      }
    } finally {
      await target.stop();
    }
  });
});

describe('pages of other origins', () => {
  const signIn = (headers: Record<string, string>) =>
    http.ask('POST', '/v1/auth/sign-in', { body: { username: 'member', password: PASSWORD }, headers });

  test('[HTTP2] change nothing', async () => {
    const refused = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'https://app.example.evil.example' },
      { origin: 'https://app.example:8443' },
      { origin: 'http://app.example' },
      { origin: 'https://APP.example/' },
      { origin: `http://127.0.0.1:${http.port}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of refused) {
      const answer = await signIn(headers as unknown as Record<string, string>);
      expect([headers, answer.status, answer.body.code]).toEqual([headers, 403, 'origin_refused']);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('its own pages, the listed ones, and programs may', async () => {
    expect((await signIn({ origin: http.url })).status).toBe(200);
    const listed = await signIn({ origin: 'https://app.example', 'sec-fetch-site': 'cross-site' });
    expect(listed.status).toBe(200);
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(listed.headers.get('vary')).toContain('origin');
    expect(listed.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await signIn({})).status).toBe(200);
  });

  test('browsers may ask first; only listed origins get leave', async () => {
    const preflight = (origin: string) =>
      http.ask('OPTIONS', '/v1/me', { headers: { origin, 'access-control-request-method': 'PATCH' } });
    const granted = await preflight('https://app.example');
    expect(granted.status).toBe(204);
    expect(granted.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(granted.headers.get('access-control-allow-headers')).toContain('authorization');
    const denied = await preflight('https://evil.example');
    expect(denied.headers.get('access-control-allow-origin')).toBeNull();
    expect(denied.headers.get('access-control-allow-methods')).toBeNull();
  });
});

describe('health', () => {
  test('the process lives whatever its parts do; readiness follows the checks and the drain', async () => {
    let fails = false;
    let draining = false;
    const target = await startTestHttp(database, {
      ports: {
        checks: {
          database: () => (fails ? Promise.reject(new Error('away')) : Promise.resolve()),
          migrations: () => Promise.resolve(),
        },
        isDraining: () => draining,
      },
    });
    try {
      const ready = await target.ask('GET', '/readyz');
      expect(ready).toMatchObject({
        status: 200,
        body: { status: 'ready', checks: { database: 'ok', migrations: 'ok', draining: 'ok' } },
      });
      fails = true;
      await target.clock.advance(1_000);
      expect(await target.ask('GET', '/readyz')).toMatchObject({
        status: 503,
        body: { checks: { database: 'failed' } },
      });
      fails = false;
      draining = true;
      await target.clock.advance(1_000);
      expect(await target.ask('GET', '/readyz')).toMatchObject({
        status: 503,
        body: { checks: { draining: 'failed' } },
      });
      for (const path of ['/healthz', '/livez']) expect((await target.ask('GET', path)).status).toBe(200);
      expect((await target.ask('GET', '/version')).body).toEqual({ name: 'Test', version: '0.0.0', protocol: 1 });
    } finally {
      await target.stop();
    }
  });

  test('a check that hangs fails in time', async () => {
    const target = await startTestHttp(database, { ports: { checks: { database: () => new Promise(() => {}) } } });
    try {
      let status = 0;
      const asked = target.ask('GET', '/readyz').then((answer) => {
        status = answer.status;
      });
      await waitFor('the check has run out of time', async () => {
        await target.clock.advance(2_000);
        return status !== 0;
      });
      await asked;
      expect(status).toBe(503);
    } finally {
      await target.stop();
    }
  });
});

test('metrics see routes, never ids', async () => {
  http.served.length = 0;
  await http.ask('DELETE', '/v1/me/sessions/00000000-0000-7000-8000-000000000000', { token: member });
  await http.ask('GET', '/nothing-here');
  await expect.poll(() => http.served.length).toBe(2);
  expect(http.served.map(({ route, method, status }) => [route, method, status])).toEqual([
    ['/v1/me/sessions/:sessionId', 'DELETE', 404],
    ['none', 'GET', 404],
  ]);
});

test('behind https, browsers are told to stay there, and the public origin is its own', async () => {
  const publicUrl = 'https://chat.example/';
  const target = await startTestHttp(database, {
    ports: { publicUrl, allowedOrigins: originsOf({ allowedOrigins: [], publicUrl }) },
  });
  try {
    const headers = { origin: 'https://chat.example' };
    const answer = await target.ask('POST', '/v1/auth/sign-in', { body: { username: 'x', password: 'x' }, headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  } finally {
    await target.stop();
  }
});
