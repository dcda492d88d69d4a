import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { startTestHttp, type TestHttp } from '../testing/test-http.ts';
import { waitFor } from '../testing/wait-for.ts';

const PASSWORD = 'a good password';

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
const GOOD = JSON.stringify({ username: 'member', password: PASSWORD });

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

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json ;charset=utf-8',
    'application/json\t',
    'application/json\t;charset=utf-8',
    'application/json;',
    'application/json; charset=utf-8; x=y',
    'application/json; charset=latin1',
    'application/json garbage',
    'application/jsonx',
    'application/json+x',
    'application/ json',
    'application /json',
    'text/json',
    'application/json, text/plain',
    'application/json;application/json',
    'json',
    '*/*',
    'application/problem+json',
    '\u00a0application/json',
  ])('%j is not', async (type) => {
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
  const deep = `${'{"username":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
  test.each<[string, string | Buffer, string]>([
    ['empty', '', '400 bad_request'],
    ['white space', '   ', '400 bad_request'],
    ['null', 'null', '400 bad_request'],
    ['a list', '[]', '400 bad_request'],
    ['a text', '"x"', '400 bad_request'],
    ['a number', '1', '400 bad_request'],
    ['half an object', '{"username":"member"', '400 bad_request'],
    ['a trailing comma', '{"username":"member","password":"x",}', '400 bad_request'],
    ['a byte order mark', `\ufeff${GOOD}`, '400 bad_request'],
    ['UTF-16', Buffer.from(GOOD, 'utf16le'), '400 bad_request'],
    ['bytes that are no UTF-8', Buffer.from('{"username":"\xff","password":"x"}', 'latin1'), '400 bad_request'],
    ['a key twice', '{"username":"member","username":"other","password":"x"}', '400 bad_request'],
    ['a key twice by escapes', '{"username":"member","\\u0075sername":"other","password":"x"}', '400 bad_request'],
    ['an unknown key', '{"username":"member","password":"x","admin":true}', '400 bad_request'],
    ['__proto__', '{"__proto__":{"username":"member"},"password":"x"}', '400 bad_request'],
    ['constructor', '{"constructor":{"prototype":{}},"username":"a","password":"x"}', '400 bad_request'],
    ['an object for a text', '{"username":{"$ne":null},"password":{"$gt":""}}', '400 bad_request'],
    ['a list for a text', '{"username":["member"],"password":["x"]}', '400 bad_request'],
    ['a number for a text', '{"username":1e999,"password":1}', '400 bad_request'],
    ['NUL in a name', '{"username":"a\\u0000b","password":"x"}', '400 bad_text'],
    ['lone surrogates', '{"username":"\\ud800","password":"\\udfff"}', '401 bad_credentials'],
    ['5,000 deep', deep, '400 bad_request'],
    [
      '10,000 keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, key) => [`k${key}`, 1]))),
      '400 bad_request',
    ],
    ['too large', JSON.stringify({ username: 'member', password: 'x'.repeat(70_000) }), '413 too_large'],
    [
      'a password above its limit',
      JSON.stringify({ username: 'member', password: 'x'.repeat(257) }),
      '400 bad_request',
    ],
    ['SQL', `{"username":"' OR 1=1 --","password":"'; DROP TABLE users; --"}`, '401 bad_credentials'],
  ])('%s', async (_name, body, expected) => {
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
  test.each([
    '?limit=-1',
    '?limit=0',
    '?limit=1e9',
    '?limit=x',
    '?limit=1&limit=2',
    '?limit[]=1',
    '?limit=NaN',
    '?unknown=1',
    '?__proto__=1',
    '?constructor=1',
    '?cursor=',
    '?cursor=AAAA',
    `?cursor=${Buffer.from('["users ","x","y"]').toString('base64url')}`,
    `?cursor=${'x'.repeat(600)}`,
    `?query=${'x'.repeat(81)}`,
    '?query=%00',
  ])('%s is refused', async (query) => {
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
  const end = 'Connection: close\r\n\r\n';
  test.each<[string, string, RegExp]>([
    [
      'content length twice',
      `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n${end}hello`,
      /^400/,
    ],
    [
      'content length and chunks',
      `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`,
      /^400/,
    ],
    [
      'transfer encoding twice',
      `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n${end}0\r\n\r\n`,
      /^400/,
    ],
    [
      'an unknown transfer encoding',
      `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n${end}`,
      /^400/,
    ],
    [
      'chunked, spelt strangely',
      `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n${end}0\r\n\r\n`,
      /^400/,
    ],
    ['a negative length', `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n${end}`, /^400/],
    ['a length with a sign', `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n${end}x`, /^400/],
    ['bare line feeds', `GET /healthz HTTP/1.1\nHost: x\n${end}`, /^400/],
    ['a folded header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n${end}`, /^400/],
    ['no host', `GET /healthz HTTP/1.1\r\n${end}`, /^400/],
    ['host twice', `GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n${end}`, /^400 bad_request/],
    [
      'authorization twice',
      `GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n${end}`,
      /^400 bad_request/,
    ],
    ['an unknown method', `FROB /healthz HTTP/1.1\r\nHost: x\r\n${end}`, /^400/],
    ['TRACE', `TRACE /v1/me HTTP/1.1\r\nHost: x\r\n${end}`, /^(404|405|400)/],
    ['a NUL in a header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: \u0000\r\n${end}`, /^400/],
    ['an address that cannot be decoded', `GET /v1/me/%zz HTTP/1.1\r\nHost: x\r\n${end}`, /^400 bad_request/],
    ['an absolute address of elsewhere', `GET http://evil.example/v1/me HTTP/1.1\r\nHost: x\r\n${end}`, /^(404|401)/],
    ['a long address', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n${end}`, /^431/],
    [
      '2,000 headers',
      `GET /healthz HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 2_000 }, (_, n) => `X-${n}: ${n}`).join('\r\n')}\r\n${end}`,
      /^431/,
    ],
    ['an expectation', `GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n${end}`, /^(417|200)/],
    ['a __proto__ header', `GET /healthz HTTP/1.1\r\nHost: x\r\n__proto__: 1\r\n${end}`, /^200/],
    [
      '1,000 ranges',
      `GET /healthz HTTP/1.1\r\nHost: x\r\nRange: bytes=${Array.from({ length: 1_000 }, (_, n) => `${n}-`).join(',')}\r\n${end}`,
      /^200/,
    ],
    ['TLS on a plain port', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', /^400/],
    ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^(400|505)/],
    ['HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', /^(200|400)/],
  ])('%s', async (_name, bytes, expected) => {
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
