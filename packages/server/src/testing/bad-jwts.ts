import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';

// Tokens of a host application that must not be taken, for the tests of tokens and for `npm run hostile`.

/** The secret that the host application shares with the server. */
export const SECRET = 'a secret of the host application, long enough';
/** A key that is not the server's. */
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Makes one part of a token. */
export const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs a payload with a secret. */
export function hs256(
  payload: unknown,
  header: unknown = { alg: 'HS256', typ: 'JWT' },
  secret: string | Buffer = SECRET,
): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Signs a payload with the RSA key. */
export function rs256(payload: unknown, header: unknown = { alg: 'RS256' }): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createSign('sha256').update(signed).sign(rsa.privateKey).toString('base64url')}`;
}

/** Bad tokens by what is wrong with them, at a time in seconds. */
export function badJwts(nowS: number): readonly (readonly [name: string, token: string])[] {
  const claims = { sub: 'u-1', aud: 'parley', exp: nowS + 300 };
  const { sub: _sub, ...withoutSub } = claims;
  const { aud: _aud, ...withoutAud } = claims;
  const { exp: _exp, ...withoutExp } = claims;
  const header = (more: object) => ({ alg: 'HS256', ...more });
  const tamper = (token: string) => token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA');
  const withHeader = (head: unknown) => `${encode(head)}.${encode(claims)}`;

  return [
    ['no signature', `${withHeader({ alg: 'HS256' })}.`],
    ['alg none', `${withHeader({ alg: 'none' })}.`],
    ['alg none with a signature', `${withHeader({ alg: 'none' })}.AAAA`],
    ['alg None', `${withHeader({ alg: 'None' })}.`],
    ['alg NONE, signed', hs256(claims, { alg: 'NONE' })],
    ['alg in lower case', hs256(claims, { alg: 'hs256' })],
    ['alg with a leading space', hs256(claims, { alg: ' HS256' })],
    ['alg with a NUL', hs256(claims, { alg: 'HS256\u0000' })],
    ['alg missing', hs256(claims, {})],
    ['alg a number', hs256(claims, { alg: 256 })],
    ['alg a list', hs256(claims, { alg: ['HS256'] })],
    ['another algorithm of the kind', hs256(claims, { alg: 'HS512' })],
    ['RS256 where a secret is set', rs256(claims)],
    ['leading space', ` ${hs256(claims)}`],
    ['trailing line feed', `${hs256(claims)}\n`],
    ['Bearer twice', `Bearer ${hs256(claims)}`],
    ['padding', `${hs256(claims)}==`],
    ['two parts', hs256(claims).split('.').slice(0, 2).join('.')],
    ['five parts (JWE)', `${hs256(claims)}.AAAA.AAAA`],
    ['empty', ''],
    ['dots', '..'],
    ['header is not JSON', `${encode('nonsense')}.${encode(claims)}.AAAA`],
    ['header is a list', `${encode([])}.${encode(claims)}.AAAA`],
    ['payload is a text', hs256('"text"')],
    ['payload is null', hs256('null')],
    ['signature changed', tamper(hs256(claims))],
    ['payload changed', hs256(claims).replace(/\.[^.]+\./, `.${encode({ ...claims, sub: 'admin' })}.`)],
    ['another secret', hs256(claims, header({}), 'another secret that is also long enough')],
    ['the empty secret', hs256(claims, header({}), '')],
    ['crit', hs256(claims, header({ crit: ['exp'], exp: 1 }))],
    ['crit of a known extension', hs256(claims, header({ crit: ['b64'], b64: true }))],
    ['crit empty', hs256(claims, header({ crit: [] }))],
    ['jku', hs256(claims, header({ jku: 'https://evil.example/jwks.json' }))],
    ['x5u', hs256(claims, header({ x5u: 'https://evil.example/cert.pem' }))],
    ['x5c', hs256(claims, header({ x5c: ['AAAA'] }))],
    ['jwk', hs256(claims, header({ jwk: { kty: 'oct', k: encode(SECRET) } }))],
    ['nested (cty)', hs256(hs256(claims), header({ cty: 'JWT' }))],
    ['nested without saying so', hs256(hs256(claims))],
    ['compressed', hs256(claims, header({ zip: 'DEF' }))],
    ['typ of an access token of another service', hs256(claims, header({ typ: 'at+jwt' }))],
    ['typ of a logout token', hs256(claims, header({ typ: 'logout+jwt' }))],
    ['kid a list', hs256(claims, header({ kid: ['x'] }))],
    ['kid null', hs256(claims, header({ kid: null }))],
    ['no exp', hs256(withoutExp)],
    ['expired', hs256({ ...claims, exp: nowS - 6 })],
    ['exp 0', hs256({ ...claims, exp: 0 })],
    ['exp negative', hs256({ ...claims, exp: -1 })],
    ['exp a text', hs256({ ...claims, exp: String(nowS + 300) })],
    ['exp infinite', hs256(JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999'))],
    ['exp beyond all numbers', hs256({ ...claims, exp: 1e300 })],
    ['exp null', hs256({ ...claims, exp: null })],
    ['not yet', hs256({ ...claims, nbf: nowS + 60 })],
    ['nbf a text', hs256({ ...claims, nbf: 'soon' })],
    ['no aud', hs256(withoutAud)],
    ['wrong aud', hs256({ ...claims, aud: 'parley-staging' })],
    ['aud by prefix', hs256({ ...claims, aud: 'parle' })],
    ['aud empty list', hs256({ ...claims, aud: [] })],
    ['aud an object', hs256({ ...claims, aud: { parley: true } })],
    ['no sub', hs256(withoutSub)],
    ['sub empty', hs256({ ...claims, sub: '' })],
    ['sub a number', hs256({ ...claims, sub: 1 })],
    ['sub a list', hs256({ ...claims, sub: ['u-1'] })],
    ['sub with a NUL', hs256({ ...claims, sub: 'u\u0000' })],
    ['sub with a line feed', hs256({ ...claims, sub: 'u\n1' })],
    ['sub huge', hs256({ ...claims, sub: 'x'.repeat(256) })],
    ['iss a number', hs256({ ...claims, iss: 7 })],
    ['iss an object', hs256({ ...claims, iss: {} })],
    ['huge', hs256({ ...claims, filler: 'x'.repeat(10_000) })],
    ['very huge', 'a'.repeat(1_000_000)],
  ];
}
