import { connect } from 'node:net';
import { makeUuid } from '@parley/protocol';
import { SocketClient } from '../../packages/server/src/testing/socket-client.ts';
import { demand, type HostileCase, type HostileCategory } from './hostile-case.ts';
import type { Target } from './target.ts';

const GOOD: Readonly<Record<string, string>> = {
  Host: 'localhost',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

interface Handshake {
  readonly name: string;
  readonly line?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Further lines, for headers that come twice. */
  readonly more?: readonly string[];
  readonly body?: string;
  readonly expected: RegExp;
}

const CLOSED = /^(HTTP\/1\.1 4\d\d|HTTP\/1\.1 503|$)/;
const GRANTED = /^HTTP\/1\.1 101/;
const EITHER = /^(HTTP\/1\.1 (101|4\d\d)|$)/;

const HANDSHAKES: readonly Handshake[] = [
  ...[
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://evil.example/http://localhost',
    'file://',
    '',
  ].map((origin) => ({
    name: `origin ${JSON.stringify(origin)}`,
    headers: { Origin: origin },
    expected: origin === '' ? EITHER : CLOSED,
  })),
  {
    name: 'origin twice',
    headers: { Origin: 'https://evil.example' },
    more: ['Origin: http://localhost'],
    expected: CLOSED,
  },
  ...['', 'x', 'dGhlIHNhbXBsZSBub25jZQ', 'A'.repeat(10_000), 'dGhlIHNhbXBsZSBub25jZQ==\u00ff'].map((key) => ({
    name: `key of ${key.length} characters`,
    headers: { 'Sec-WebSocket-Key': key },
    expected: CLOSED,
  })),
  { name: 'no key', headers: { 'Sec-WebSocket-Key': null }, expected: CLOSED },
  { name: 'key twice', more: ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='], expected: CLOSED },
  ...['0', '7', '9', '12', '14', '99999999999', 'x', '13, 13', '-13'].map((version) => ({
    name: `version ${version}`,
    headers: { 'Sec-WebSocket-Version': version },
    expected: CLOSED,
  })),
  { name: 'no version', headers: { 'Sec-WebSocket-Version': null }, expected: CLOSED },
  { name: 'Connection: close', headers: { Connection: 'close' }, expected: CLOSED },
  {
    name: 'h2c',
    headers: { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' },
    expected: /^(HTTP\/1\.1 [45]\d\d|$)/,
  },
  { name: 'a list of upgrades', headers: { Upgrade: 'foo, websocket' }, expected: CLOSED },
  { name: 'another path', line: 'GET /v1/socket2 HTTP/1.1', expected: CLOSED },
  { name: 'a path with dots', line: 'GET /v1/../v1/socket HTTP/1.1', expected: EITHER },
  { name: 'a token in the address', line: 'GET /v1/socket?token=x&access_token=y HTTP/1.1', expected: EITHER },
  { name: 'an absolute address', line: 'GET http://localhost/v1/socket HTTP/1.1', expected: EITHER },
  { name: 'POST', line: 'POST /v1/socket HTTP/1.1', expected: CLOSED },
  {
    name: 'POST with a body',
    line: 'POST /v1/socket HTTP/1.1',
    headers: { 'Content-Length': '4' },
    body: 'body',
    expected: CLOSED,
  },
  { name: 'GET with a body', headers: { 'Content-Length': '4' }, body: 'body', expected: EITHER },
  { name: 'GET in chunks', headers: { 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\n', expected: EITHER },
  { name: 'HTTP/1.0', line: 'GET /v1/socket HTTP/1.0', expected: EITHER },
  {
    name: 'an odd extension',
    headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=99' },
    expected: EITHER,
  },
  { name: 'an extension that cannot be read', headers: { 'Sec-WebSocket-Extensions': 'a; b="' }, expected: EITHER },
  { name: '4 KB of extensions', headers: { 'Sec-WebSocket-Extensions': 'x;'.repeat(2_000) }, expected: EITHER },
  {
    name: 'protocols with 8,000 spaces',
    headers: { 'Sec-WebSocket-Protocol': `b${' '.repeat(8_000)}x` },
    expected: EITHER,
  },
  { name: 'protocols twice the same', headers: { 'Sec-WebSocket-Protocol': 'a, a' }, expected: EITHER },
  {
    name: '2,000 headers',
    more: Array.from({ length: 2_000 }, (_, index) => `X-${index}: ${index}`),
    expected: /^(HTTP\/1\.1 4|$)/,
  },
  { name: 'a __proto__ header', more: ['__proto__: 1', 'constructor: 1'], expected: EITHER },
  { name: 'a huge Authorization', headers: { Authorization: `Bearer ${'x'.repeat(12_000)}` }, expected: EITHER },
  { name: 'a forged X-Forwarded-For', headers: { 'X-Forwarded-For': `${'1.1.1.1,'.repeat(500)}x` }, expected: EITHER },
];

async function runHandshake(
  target: Target,
  { line = 'GET /v1/socket HTTP/1.1', headers, more = [], body = '', expected }: Handshake,
): Promise<void> {
  const lines = Object.entries({ ...GOOD, ...headers }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  const bytes = `${[line, ...lines, ...more].join('\r\n')}\r\n\r\n${body}`;
  demand((await target.raw(Buffer.from(bytes, 'latin1'), '\r\n\r\n')).split('\r\n')[0] ?? '', expected);
}

/** The door itself: who is let in by what words. */
export const HANDSHAKE: HostileCategory = {
  letter: 'W2',
  title: 'WebSocket handshake',
  cases: () => [
    { name: 'a good one', run: (target) => runHandshake(target, { name: '', expected: GRANTED }) },
    ...HANDSHAKES.map((one): HostileCase => ({ name: one.name, run: (target) => runHandshake(target, one) })),
  ],
};

/** Opens many TCP connections or sockets and does something with all of them. */
async function many(target: Target, count: number, say: string): Promise<void> {
  const sockets = Array.from({ length: count }, () => connect(target.process.port, '127.0.0.1').on('error', () => {}));
  for (const socket of sockets) socket.write(say);
  await target.demandAlive();
  for (const socket of sockets) socket.destroy();
}

const UPGRADE = `GET /v1/socket HTTP/1.1\r\n${Object.entries(GOOD)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')}\r\n`;

/** Those who take much and give little. */
export const RESOURCES: HostileCategory = {
  letter: 'W3',
  title: 'resources: many, slow and silent',
  cases: () => [
    { name: '300 sockets that never say hello', inputs: 300, run: (target) => many(target, 300, UPGRADE) },
    { name: '300 connections that say nothing', inputs: 300, run: (target) => many(target, 300, '') },
    {
      name: '300 requests that never end',
      inputs: 300,
      run: (target) => many(target, 300, 'GET /v1/me HTTP/1.1\r\nHost: x\r\n'),
    },
    {
      name: '300 bodies that never come',
      inputs: 300,
      run: (target) =>
        many(
          target,
          300,
          'POST /v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
        ),
    },
    {
      name: '64 KiB before the hello, again and again',
      inputs: 5,
      async run(target) {
        for (let round = 0; round < 5; round++)
          await target.raw(`${UPGRADE}${'\u0081\u00fe\u00ff\u00ff'.repeat(40_000)}`);
      },
    },
    {
      name: '2,000 commands at once, unread',
      inputs: 2_000,
      async run(target) {
        const client = await target.socket();
        client.socket.pause();
        for (let ref = 1; ref <= 2_000; ref++)
          client.say({ t: 'message.history', ref, d: { channelId: target.channelId, limit: 100 } });
        await target.demandAlive();
        client.close();
        await client.closed;
      },
    },
    {
      name: '500 sockets opened and closed',
      inputs: 500,
      async run(target) {
        for (let round = 0; round < 10; round++) {
          const clients = await Promise.all(Array.from({ length: 50 }, () => target.socket()));
          for (const client of clients) client.close();
          await Promise.all(clients.map(({ closed }) => closed));
        }
      },
    },
    {
      name: 'a resume of 1,000 channels that are not there',
      inputs: 1_000,
      async run(target) {
        const channels = Array.from({ length: 1_000 }, () => [makeUuid(), 1]);
        const resumed = await SocketClient.connect(target.socketUrl, target.ann.token, {
          epoch: 'x',
          channels: channels as never,
        });
        resumed.close();
      },
    },
  ],
};
