import { badJwts } from '../../packages/server/src/testing/bad-jwts.ts';
import { BAD_BODIES, BAD_HTTP, BAD_QUERIES, NO_JSON_TYPES } from '../../packages/server/src/testing/bad-requests.ts';
import { demand, type HostileCase, type HostileCategory } from './hostile-case.ts';
import type { Target } from './target.ts';

function summary(answer: string): string {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed';
  return `${status} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ''}`.trim();
}

function exactly(expected: string): RegExp {
  // Some are told apart by the rate limit before they are looked at.
  return new RegExp(`^(${expected}|429 rate_limited)$`);
}

function post(target: Target, body: string | Buffer, type: string): Promise<string> {
  const head = `POST /v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\nContent-Type: ${type}\r\n\r\n`;
  return target.raw(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)])).then(summary);
}

export const JSON_BODIES: HostileCategory = {
  letter: 'J',
  title: 'REST bodies',
  cases: () => [
    ...BAD_BODIES.map(
      ([name, body, expected]): HostileCase => ({
        name,
        run: async (target) => demand(await post(target, body, 'application/json'), exactly(expected)),
      }),
    ),
    ...NO_JSON_TYPES.map(
      (type): HostileCase => ({
        name: `content type ${JSON.stringify(type)}`,
        run: async (target) =>
          demand(await post(target, '{"username":"x","password":"y"}', type), /^(415|400|401|429)/),
      }),
    ),
  ],
};

export const HTTP: HostileCategory = {
  letter: 'H',
  title: 'HTTP itself',
  cases: () =>
    BAD_HTTP.map(
      ([name, bytes, expected]): HostileCase => ({
        name,
        run: async (target) => demand(summary(await target.raw(Buffer.from(bytes, 'latin1'))), expected),
      }),
    ),
};

const LISTS = [
  '/users',
  '/channels',
  '/me/sessions',
  '/channels/$C/members',
  '/channels/$C/messages',
  '/channels/$C/pins',
  '/search',
];

export const PAGING: HostileCategory = {
  letter: 'P',
  title: 'paging',
  cases: () => [
    // An address that is none would be refused whatever is asked of it.
    ...LISTS.map(
      (path): HostileCase => ({
        name: `${path} is there`,
        run: async (target) => {
          const address = `${path.replace('$C', target.channelId)}${path === '/search' ? '?query=x' : ''}`;
          demand(await target.answerTo('GET', address, { token: target.ann.token }), /^200/);
        },
      }),
    ),
    ...LISTS.flatMap((path) =>
      [...BAD_QUERIES, '?before=-1', '?after=1e9', '?before=1&after=1', '?around=x', "?cursor=' OR 1=1 --"].map(
        (query): HostileCase => ({
          name: `${path}${query.slice(0, 30)}`,
          run: async (target) => {
            const address = `${path.replace('$C', target.channelId)}${query.replaceAll(' ', '%20')}`;
            demand(await target.answerTo('GET', address, { token: target.ann.token }), /^(200|400|404|405|429)/);
          },
        }),
      ),
    ),
  ],
};

/** Texts that have broken a chat somewhere. */
const TEXTS: readonly string[] = [
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\u202eevil\u202c',
  '\u2066\u2067\u2068x\u2069',
  '\u200b'.repeat(100),
  '\u{e0041}\u{e0042}',
  '\ufe0f'.repeat(50),
  '👨‍👩‍👧‍👦',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301'.repeat(2_000),
  `a${'\u0301'.repeat(10_000)}`,
  'ﷺ'.repeat(100),
  'Å\u212b\u0041\u030a',
  'раypаl',
  '\ufdd0\uffff\u{10ffff}',
  '\ue000',
  '\u2028\u2029\u0085',
  Array.from({ length: 32 }, (_, code) => String.fromCharCode(code + 1)).join(''),
  '\u007f\u0080\u009f',
  '\u001b[2J\u001b[31m',
  'x'.repeat(4_000),
  'x'.repeat(4_001),
  '🎉'.repeat(4_000),
  'word '.repeat(800),
  '1e200000',
  "'; DROP TABLE messages; --",
  '{{7*7}}<%= 7*7 %>',
  '=cmd|/C calc!A0',
  '%s%n%x',
  '../../etc/passwd',
  '한국어 नमस्ते ไทย العربية עברית',
  'I\u0307',
  '\u1e9e\u00df\u0130\u0131',
  '@everyone @channel @here',
  `@${'a'.repeat(3_000)}`,
  '@'.repeat(4_000),
  ' \t\r\n ',
  '\u00a0\u3000\u2800',
];

const MARKUP: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVa\tScRiPt:alert(1))',
  '[x](java&#115;cript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](vbscript:msgbox(1))',
  '![x](x "onerror=alert(1)")',
  '[https://good.example](https://evil.example)',
  '<https://good.example@evil.example>',
  '[x]: javascript:alert(1)\n\n[x]',
  '```\n</code></pre><script>alert(1)</script>\n```',
  '`</code><script>alert(1)</script>`',
  '<style>@import "//evil.example/x.css";</style>',
  '<base href="//evil.example">',
  '<form action="//evil.example"><input name=password>',
  '<object data="data:text/html,x">',
  '{{constructor.constructor("alert(1)")()}}',
  '"><script>alert(1)</script>',
  "'-alert(1)-'",
  '</textarea><script>alert(1)</script>',
  '<!--><script>alert(1)</script>-->',
  '<x onclick=alert(1)>',
  '\u003cscript\u003ealert(1)',
  '&lt;script&gt;alert(1)',
];

/** Everywhere that a person's text is kept. */
const PLACES: readonly { readonly name: string; readonly put: (text: string, target: Target) => Promise<string> }[] = [
  {
    name: 'a message',
    put: (text, target) =>
      target.answerTo('POST', `/channels/${target.channelId}/messages`, {
        token: target.owner.token,
        body: { id: newId(), body: text },
      }),
  },
  {
    name: 'a topic',
    put: (text, target) =>
      target.answerTo('PATCH', `/channels/${target.channelId}`, { token: target.owner.token, body: { topic: text } }),
  },
  {
    name: 'a name',
    put: (text, target) =>
      target.answerTo('PATCH', '/me', { token: target.stranger.token, body: { displayName: text } }),
  },
  {
    name: 'a search',
    put: (text, target) =>
      target.answerTo('GET', `/search?query=${encodeURIComponent(Buffer.from(text).toString())}`, {
        token: target.ann.token,
      }),
  },
];

function newId(): string {
  return `01a20a4f-59ec-78cf-a9eb-${Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')}`;
}

function textCases(texts: readonly string[]): HostileCase[] {
  return texts.flatMap((text, index) =>
    PLACES.map(({ name, put }) => ({
      name: `${index} as ${name}: ${JSON.stringify(text.slice(0, 24))}`,
      run: async (target: Target) => demand(await put(text, target), /^(200|201|204|400|404|413|429|431)/),
    })),
  );
}

export const TEXT: HostileCategory = { letter: 'U', title: 'text', cases: () => textCases(TEXTS) };

export const MARKUP_CATEGORY: HostileCategory = {
  letter: 'X',
  title: 'markup, stored and given back as it is',
  cases: () => textCases(MARKUP),
};

/** Made anew whenever one is used: what is not valid yet when the run begins may be when its turn comes. */
const badJwtsNow = () => new Map(badJwts(Math.floor(Date.now() / 1_000)));

export const TOKENS: HostileCategory = {
  letter: 'T',
  title: 'tokens',
  cases: (target) => [
    ...[...badJwtsNow()].flatMap(([name, token]): HostileCase[] =>
      // Bytes that no header can hold are for the socket’s hello alone; fetch would not send them.
      /^[\x20-\x7e]*$/.test(token) && token.length < 12_000 && token.trim() === token
        ? [
            {
              name: `JWT: ${name}`,
              run: async () =>
                demand(await target.answerTo('GET', '/me', { token: badJwtsNow().get(name) ?? token }), /^(401|429)/),
            },
          ]
        : [],
    ),
    ...[
      target.ann.token.slice(0, -1),
      `${target.ann.token}x`,
      target.ann.token.toUpperCase(),
      target.ann.token.replace('pst_', 'pak_'),
      target.ann.user.id,
      'null',
      'undefined',
      "' OR 1=1 --",
      'x'.repeat(8_000),
    ].map(
      (token, index): HostileCase => ({
        name: `token ${index}`,
        run: async () => demand(await target.answerTo('GET', '/me', { token }), /^(401|400|429)/),
      }),
    ),
    ...['Basic x', 'bearer', 'Bearer', `Token ${target.ann.token}`, `Bearer ${target.ann.token},x`].map(
      (authorization): HostileCase => ({
        name: `Authorization: ${authorization.slice(0, 12)}`,
        run: async () => demand(await target.answerTo('GET', '/me', { headers: { authorization } }), /^(401|400|429)/),
      }),
    ),
    ...['?token=', '?access_token=', '?authorization=Bearer%20'].map(
      (query): HostileCase => ({
        name: `a token in the address: ${query}`,
        run: async () => demand(await target.answerTo('GET', `/me${query}${target.ann.token}`), /^(400|401)/),
      }),
    ),
  ],
};

const NAMES = [
  '../../etc/passwd',
  '..\\boot.ini',
  'a\u0000b',
  'x'.repeat(400),
  'a\u202egpj.exe',
  'CON',
  'a.',
  'a\r\nSet-Cookie: x',
  '"x"',
  '',
  '.',
  '/',
  '日'.repeat(200),
  '<script>.html',
];

const FILES: readonly (readonly [name: string, type: string, body: Buffer])[] = [
  ['empty.png', 'image/png', Buffer.alloc(0)],
  ['huge.png', 'image/png', pngHead(2 ** 31 - 1, 2 ** 31 - 1)],
  ['wide.png', 'image/png', pngHead(50_000, 50_000)],
  ['x.gif', 'image/gif', Buffer.from('GIF89a/*\xff\xff*/=1;alert(1)', 'latin1')],
  ['x.svg', 'image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
  ['x.png', 'image/png', Buffer.from('<html><script>alert(1)</script>')],
  ['x.html', 'text/html', Buffer.from('<script>alert(1)</script>')],
  ['x.pdf', 'application/pdf', Buffer.from('%PDF-1.4 <script>')],
  ['x.zip', 'application/zip', Buffer.from('PK\x03\x04../../x')],
  ['x', 'nonsense', Buffer.from('x')],
];

function pngHead(width: number, height: number): Buffer {
  const head = Buffer.alloc(65);
  head.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
}

export const UPLOADS: HostileCategory = {
  letter: 'L',
  title: 'uploads',
  cases: () => [
    ...NAMES.map(
      (name): HostileCase => ({
        name: `named ${JSON.stringify(name.slice(0, 20))}`,
        run: (target) => upload(target, name, 'text/plain', Buffer.from('x')),
      }),
    ),
    ...FILES.map(
      ([name, type, body]): HostileCase => ({
        name: `${name} as ${type}`,
        run: (target) => upload(target, name, type, body),
      }),
    ),
  ],
};

async function upload(target: Target, name: string, type: string, body: Buffer): Promise<void> {
  const path = `/attachments?name=${encodeURIComponent(name)}`;
  const answer = await target.ask('POST', path, { token: target.ann.token, body, headers: { 'content-type': type } });
  if (answer.status >= 500) throw new Error(`answered with ${answer.status}`);
  if (answer.status !== 201) return;
  const { id } = answer.body.attachment;
  const stranger = await target.answerTo('GET', `/attachments/${id}`, { token: target.stranger.token });
  demand(stranger, /^(404|403)/);
}
