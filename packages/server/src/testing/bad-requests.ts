// What is sent to the HTTP door on purpose, by the tests of that door and by `npm run hostile`.

/** A sign-in that is as it should be; what is wrong below is wrong with something of it. */
export const GOOD_SIGN_IN = { username: 'member', password: 'a good password' } as const;

const GOOD = JSON.stringify(GOOD_SIGN_IN);
const DEEP = `${'{"username":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
const END = 'Connection: close\r\n\r\n';

/** Content types that are not taken for JSON. */
export const NO_JSON_TYPES: readonly string[] = [
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
];

/** Bodies of a sign-in, with the status and the code that they are answered with. */
export const BAD_BODIES: readonly (readonly [name: string, body: string | Buffer, expected: string])[] = [
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
  ['5,000 deep', DEEP, '400 bad_request'],
  [
    '10,000 keys',
    JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, key) => [`k${key}`, 1]))),
    '400 bad_request',
  ],
  ['too large', JSON.stringify({ username: 'member', password: 'x'.repeat(70_000) }), '413 too_large'],
  ['a password above its limit', JSON.stringify({ username: 'member', password: 'x'.repeat(257) }), '400 bad_request'],
  ['SQL', `{"username":"' OR 1=1 --","password":"'; DROP TABLE users; --"}`, '401 bad_credentials'],
];

/** Queries of a list that are all refused. */
export const BAD_QUERIES: readonly string[] = [
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
];

/** Bytes that are hardly HTTP, with what the first line of the answer may say. */
export const BAD_HTTP: readonly (readonly [name: string, bytes: string, expected: RegExp])[] = [
  [
    'content length twice',
    `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n${END}hello`,
    /^400/,
  ],
  [
    'content length and chunks',
    `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
    /^400/,
  ],
  [
    'transfer encoding twice',
    `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
    /^400/,
  ],
  [
    'an unknown transfer encoding',
    `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n${END}`,
    /^400/,
  ],
  [
    'chunked, spelt strangely',
    `POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n${END}0\r\n\r\n`,
    /^400/,
  ],
  ['a negative length', `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n${END}`, /^400/],
  ['a length with a sign', `POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n${END}x`, /^400/],
  ['bare line feeds', `GET /healthz HTTP/1.1\nHost: x\n${END}`, /^400/],
  ['a folded header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n${END}`, /^400/],
  ['no host', `GET /healthz HTTP/1.1\r\n${END}`, /^400/],
  ['host twice', `GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n${END}`, /^400 bad_request/],
  [
    'authorization twice',
    `GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n${END}`,
    /^400 bad_request/,
  ],
  ['an unknown method', `FROB /healthz HTTP/1.1\r\nHost: x\r\n${END}`, /^400/],
  ['TRACE', `TRACE /v1/me HTTP/1.1\r\nHost: x\r\n${END}`, /^(404|405|400)/],
  ['a NUL in a header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: \u0000\r\n${END}`, /^400/],
  ['an address that cannot be decoded', `GET /v1/me/%zz HTTP/1.1\r\nHost: x\r\n${END}`, /^400 bad_request/],
  ['an absolute address of elsewhere', `GET http://evil.example/v1/me HTTP/1.1\r\nHost: x\r\n${END}`, /^(404|401)/],
  ['a long address', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n${END}`, /^431/],
  [
    '2,000 headers',
    `GET /healthz HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 2_000 }, (_, n) => `X-${n}: ${n}`).join('\r\n')}\r\n${END}`,
    /^431/,
  ],
  ['an expectation', `GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n${END}`, /^(417|200)/],
  ['a __proto__ header', `GET /healthz HTTP/1.1\r\nHost: x\r\n__proto__: 1\r\n${END}`, /^200/],
  [
    '1,000 ranges',
    `GET /healthz HTTP/1.1\r\nHost: x\r\nRange: bytes=${Array.from({ length: 1_000 }, (_, n) => `${n}-`).join(',')}\r\n${END}`,
    /^200/,
  ],
  ['TLS on a plain port', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', /^400/],
  ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^(400|505)/],
  ['HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', /^(200|400)/],
];
