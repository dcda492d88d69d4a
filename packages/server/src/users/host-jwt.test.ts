import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { badJwts, encode, hs256, rs256, rsa, SECRET } from '../testing/bad-jwts.ts';
import { createHostJwt, type HostJwt, type HostJwtSettings } from './host-jwt.ts';

const NOW_MS = 1_750_000_000_000;
const NOW_S = NOW_MS / 1_000;
const ed = generateKeyPairSync('ed25519');
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

const claims = { sub: 'u-1', aud: 'parley', exp: NOW_S + 300 };

function eddsa(payload: unknown, header: unknown = { alg: 'EdDSA' }) {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), ed.privateKey).toString('base64url')}`;
}

function hostJwt(settings: Partial<HostJwtSettings>): HostJwt {
  const made = createHostJwt({ algorithms: [], audience: 'parley', ...settings });
  if (made === null) throw new Error('no key');
  return made;
}

const codeOf = (jwt: HostJwt, token: string) =>
  jwt.verify(token, NOW_MS).then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.code : Promise.reject(error)),
  );

const bySecret = hostJwt({ secret: SECRET });
const byRsa = hostJwt({ publicKey: pem(rsa.publicKey) });
const byEd = hostJwt({ publicKey: pem(ed.publicKey) });

describe('good tokens', () => {
  test('each kind of key takes its own', async () => {
    expect(await codeOf(bySecret, hs256(claims))).toBe('accepted');
    expect(await codeOf(byRsa, rs256(claims))).toBe('accepted');
    expect(await codeOf(byEd, eddsa(claims))).toBe('accepted');
    expect(await codeOf(bySecret, hs256({ ...claims, aud: ['other', 'parley'] }))).toBe('accepted');
    expect(await codeOf(bySecret, hs256({ ...claims, nbf: NOW_S - 10, iat: NOW_S }))).toBe('accepted');
    expect(await codeOf(hostJwt({ publicKey: pem(rsa.publicKey).replaceAll('\n', '\\n') }), rs256(claims))).toBe(
      'accepted',
    );
  });

  test('issuer and subject together name the user, and no other pair reads the same', async () => {
    const id = async (more: object) => (await bySecret.verify(hs256({ ...claims, ...more }), NOW_MS)).externalId;
    expect(await id({})).toBe('|u-1');
    expect(await id({ iss: 'https://host' })).toBe('https%3A%2F%2Fhost|u-1');
    expect(await id({ iss: 'a|b', sub: 'c' })).not.toBe(await id({ iss: 'a', sub: 'b|c' }));
  });

  test('name and preferred_username are taken only where they are texts', async () => {
    const read = (more: object) => bySecret.verify(hs256({ ...claims, ...more }), NOW_MS);
    expect(await read({ name: 'Ada', preferred_username: 'ada' })).toMatchObject({
      name: 'Ada',
      preferredUsername: 'ada',
    });
    expect(await read({ name: { $ne: 1 }, preferred_username: 7 })).toMatchObject({
      name: null,
      preferredUsername: null,
    });
    expect(await read({})).toMatchObject({
      expiresAt: (NOW_S + 300) * 1_000,
      tokenId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

const header = (more: object) => ({ alg: 'HS256', ...more });
const BAD = badJwts(NOW_S);

describe('[AUTH10] bad tokens', () => {
  test.each(BAD)('%s', async (_name, token) => {
    expect(await codeOf(bySecret, token)).toBe('unauthenticated');
  });

  test.each(['HS256', 'HS384', 'HS512'])('%s keyed with the public key is refused', async (alg) => {
    for (const secret of [
      pem(rsa.publicKey),
      pem(rsa.publicKey).trim(),
      rsa.publicKey.export({ type: 'spki', format: 'der' }),
    ]) {
      expect(await codeOf(byRsa, hs256(claims, { alg }, secret))).toBe('unauthenticated');
    }
  });

  test.each(['../../etc/passwd', "' OR 1=1 --", 'https://evil.example/key', '\u0000', '/dev/null'])(
    'kid %j selects nothing',
    async (kid) => {
      expect(await codeOf(bySecret, hs256(claims, header({ kid }), ''))).toBe('unauthenticated');
    },
  );

  test('deep nesting ends in a refusal', async () => {
    const deep = `${'['.repeat(1_200)}${']'.repeat(1_200)}`;
    expect(await codeOf(bySecret, hs256(deep))).toBe('unauthenticated');
  });

  test('a key of one curve is not taken for another', async () => {
    expect(await codeOf(byRsa, eddsa(claims))).toBe('unauthenticated');
    expect(await codeOf(byEd, rs256(claims))).toBe('unauthenticated');
  });

  test('the issuer is checked where one is set', async () => {
    const jwt = hostJwt({ secret: SECRET, issuer: 'https://host' });
    expect(await codeOf(jwt, hs256({ ...claims, iss: 'https://host' }))).toBe('accepted');
    for (const iss of [undefined, 'https://host/', 'https://HOST', ['https://host']]) {
      expect(await codeOf(jwt, hs256({ ...claims, iss }))).toBe('unauthenticated');
    }
  });
});

describe('a key set', () => {
  let server: Server;
  let answer: () => { status: number; body: string };
  let asked = 0;
  let jwt: HostJwt;
  const set = (...keys: object[]) => ({ status: 200, body: JSON.stringify({ keys }) });
  const jwk = (kid: string) => ({ ...rsa.publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' });

  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      const { status, body } = answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    jwt = hostJwt({ jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json` });
  });
  afterAll(() => void server.close());

  test('[AUTH10] gives keys by kid; a token cannot bring its own, and unknown kids do not ask again and again', async () => {
    answer = () => ({ status: 503, body: 'away' });
    expect(await codeOf(jwt, rs256(claims, { alg: 'RS256', kid: 'one' }))).toBe('unavailable');
    answer = () => ({ status: 200, body: '<html>' });
    expect(await codeOf(jwt, rs256(claims, { alg: 'RS256', kid: 'one' }))).toBe('unavailable');
    answer = () => set(jwk('one'));
    expect(await codeOf(jwt, rs256(claims, { alg: 'RS256', kid: 'one' }))).toBe('accepted');
    const before = asked;
    for (const kid of ['two', '../one', 'https://evil.example/one', ' one', 'ONE']) {
      expect(await codeOf(jwt, rs256(claims, { alg: 'RS256', kid }))).toBe('unauthenticated');
    }
    expect(await codeOf(jwt, hs256(claims, { alg: 'HS256', kid: 'one' }, pem(rsa.publicKey)))).toBe('unauthenticated');
    const own = { alg: 'RS256', kid: 'one', jwk: jwk('one') };
    expect(await codeOf(jwt, rs256(claims, own))).toBe('unauthenticated');
    expect(asked).toBe(before);
  });
});

describe('settings', () => {
  test('none set: no host tokens', () => {
    expect(createHostJwt({ algorithms: [], audience: 'parley' })).toBeNull();
  });

  test.each<[string, Partial<HostJwtSettings>]>([
    ['two keys', { secret: SECRET, publicKey: pem(rsa.publicKey) }],
    ['a short secret', { secret: 'too short' }],
    ['no key', { publicKey: 'nonsense' }],
    ['a private key', { publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }],
    ['none', { secret: SECRET, algorithms: ['none'] }],
    ['RS256 with a secret', { secret: SECRET, algorithms: ['HS256', 'RS256'] }],
    ['HS256 with a public key', { publicKey: pem(rsa.publicKey), algorithms: ['HS256'] }],
    ['HS256 with a key set', { jwksUrl: 'https://host.example/jwks.json', algorithms: ['HS256'] }],
  ])('%s stops the start', (_name, settings) => {
    expect(() => createHostJwt({ algorithms: [], audience: 'parley', ...settings })).toThrow(
      /unable to read the settings/,
    );
  });
});
