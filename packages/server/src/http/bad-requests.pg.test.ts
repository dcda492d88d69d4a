import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BAD_BODIES, BAD_HTTP, BAD_QUERIES, GOOD_SIGN_IN, NO_JSON_TYPES } from '../testing/bad-requests.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { startTestHttp, type TestHttp } from '../testing/test-http.ts';
import { waitFor } from '../testing/wait-for.ts';

const { password: PASSWORD } = GOOD_SIGN_IN;

let database: MigratedDatabase;
let http: TestHttp;
let token: string;

beforeAll(async () => {
  database = await migratedDatabase();
  http = await startTestHttp(database, { signUp: 'open' });
  token = (await http.ask('POST', '/v1/auth/sign-up', { body: { username: 'member', password: PASSWORD } })).body.token;
});
afterAll(async () => {
  await http.stop();
  await database.drop();
});

/** A sign-in by bytes: any body, any header lines; gives the status and the code. */
async function post(
  body: string | Buffer,
  lines: readonly string[],
  length = Buffer.byteLength(body),
): Promise<string> {
  const head = [
    'POST /v1/auth/sign-in HTTP/1.1',
    'Host: localhost',
    'Connection: close',
    ...(length >= 0 ? [`Content-Length: ${length}`] : []),
    ...lines,
  ].join('\r\n');
  return summary(await http.raw(Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), Buffer.from(body)])));
}

function summary(answer: string): string {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed';
  return `${status} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ''}`.trim();
}

const JSON_LINE = 'Content-Type: application/json';
const GOOD = JSON.stringify(GOOD_SIGN_IN);

/** Whatever was sent, the next good request is served as if nothing had been. */
async function expectUnharmed(): Promise<void> {
  expect((await http.ask('GET', '/v1/me', { token })).status).toBe(200);
}

describe('[HTTP3] content types', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
  ])('%j is JSON', async (type) => {
    expect(await post(GOOD, [`Content-Type: ${type}`])).toBe('200');
  });

  test.each(NO_JSON_TYPES)('%j is not', async (type) => {
    const answer = await post(GOOD, [`Content-Type: ${type}`]);
    // What HTTP itself trims off the ends of a header never reaches us.
    if (type === 'application/json\t') expect(answer).toBe('200');
    else expect(answer).toMatch(/^(415 unsupported_type|400 bad_request)$/);
  });

  test('none at all, twice, and a coding are refused', async () => {
    expect(await post(GOOD, [])).toBe('415 unsupported_type');
    expect(await post(GOOD, [JSON_LINE, JSON_LINE])).toBe('400 bad_request');
    expect(await post(GOOD, [JSON_LINE, 'Content-Type: text/plain'])).toBe('400 bad_request');
    expect(await post(gzipSync(GOOD), [JSON_LINE, 'Content-Encoding: gzip'])).toBe('415 unsupported_type');
    expect(await post(gzipSync(Buffer.alloc(10_000_000)), [JSON_LINE, 'Content-Encoding: gzip'])).toBe(
      '415 unsupported_type',
    );
  });
});

describe('[HTTP3] bodies', () => {
  test.each(BAD_BODIES)('%s', async (_name, body, expected) => {
    expect(await post(body, [JSON_LINE])).toBe(expected);
  });

  test('declared as 100 MB: refused before it comes', async () => {
    expect(await post('{', [JSON_LINE], 100_000_000)).toBe('413 too_large');
  });

  test('endless chunks end at the limit', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    expect(await post(chunk.repeat(40), [JSON_LINE, 'Transfer-Encoding: chunked'], -1)).toBe('413 too_large');
  });

  test('longer than it says: the rest is no second request', async () => {
    const answer = await post(`${GOOD}GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n`, [JSON_LINE], Buffer.byteLength(GOOD));
    // Served or refused; in either case with one answer.
    expect(answer).toMatch(/^(200|400 bad_request)$/);
  });

  test('random bytes are refused and harm nobody', async () => {
    for (let round = 0; round < 50; round++) {
      expect(await post(randomBytes(1 + round * 40), [JSON_LINE])).toBe('400 bad_request');
    }
    await expectUnharmed();
  });

  test('bodies where none belongs are refused', async () => {
    for (const method of ['GET', 'DELETE']) {
      const lines = `${method} /v1/me/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n`;
      expect(summary(await http.raw(`${lines}${JSON_LINE}\r\nContent-Length: 2\r\n\r\n{}`))).toBe('400 bad_request');
      expect(summary(await http.raw(`${lines}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`))).toBe(
        '400 bad_request',
      );
    }
  });
});

describe('queries', () => {
  test.each(BAD_QUERIES)('%s is refused', async (query) => {
    const { status, body } = await http.ask('GET', `/v1/users${query}`, { token });
    expect([status, body.code]).toEqual([400, expect.stringMatching(/^bad_(request|cursor|text)$/)]);
  });

  test('input may come from one place only', async () => {
    const { body: me } = await http.ask('GET', '/v1/me', { token });
    const twice = await http.ask('PATCH', `/v1/users/${me.id}`, { token, body: { userId: me.id } });
    expect(twice).toMatchObject({ status: 400 });
    expect(await http.ask('PATCH', '/v1/me?displayName=x', { token, body: {} })).toMatchObject({ status: 400 });
    expect(await http.ask('DELETE', `/v1/me/sessions/${me.id}?sessionId=x`, { token })).toMatchObject({ status: 400 });
  });
});

describe('[HTTP4] HTTP itself', () => {
  test.each(BAD_HTTP)('%s', async (_name, bytes, expected) => {
    expect(summary(await http.raw(Buffer.from(bytes, 'latin1')))).toMatch(expected);
    await expectUnharmed();
  });

  test('slow requests have an end', async () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout } = http.fastify.server;
    expect([headersTimeout, requestTimeout, keepAliveTimeout]).toEqual([10_000, 3_600_000, 65_000]);
    const before = http.clock.timers;
    const answer = http.raw('POST /v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf');
    await waitFor('the body is waited for', () => http.clock.timers > before);
    await http.clock.advance(30_000);
    expect(await answer).toBe('');
  });

  test('what cannot be read is answered as a problem too, and the connection ends', async () => {
    const answer = await http.raw('NONSENSE\r\n\r\n');
    expect(answer).toContain('Content-Type: application/problem+json');
    expect(answer).toContain('Connection: close');
    expect(answer).not.toContain('HTTP/1.1 200');
  });
});
