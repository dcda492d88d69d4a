import { expect, test } from 'vitest';
import { StartError } from '../lib/start-error.ts';
import { parseRedisUrl } from './redis-address.ts';

test.each([
  ['redis://localhost', { kind: 'single', nodes: [{ host: 'localhost', port: 6379 }], tls: false, database: 0 }],
  ['valkey://10.0.0.1:7000/3', { kind: 'single', nodes: [{ host: '10.0.0.1', port: 7000 }], database: 3 }],
  [
    'rediss://:p%40ss@[::1]:6380/',
    { nodes: [{ host: '::1', port: 6380 }], tls: true, password: 'p@ss', username: undefined },
  ],
  ['redis://chat:se:cret@h', { username: 'chat', password: 'se:cret' }],
  [
    'redis+cluster://chat:x@a:7000,b,[fe80::1]:7002',
    {
      kind: 'cluster',
      username: 'chat',
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
        { host: 'fe80::1', port: 7002 },
      ],
    },
  ],
  [
    'rediss+sentinel://:x@a,b:26380/my%20master/2?sentinelPassword=y',
    {
      kind: 'sentinel',
      tls: true,
      password: 'x',
      sentinelPassword: 'y',
      primaryName: 'my master',
      database: 2,
      nodes: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26380 },
      ],
    },
  ],
])('[CLU7] %s is understood', (url, expected) => {
  expect(parseRedisUrl(url)).toMatchObject(expected);
});

test.each([
  ['localhost:6379', 'scheme'],
  ['http://localhost', 'scheme'],
  ['redis+ring://a', 'scheme'],
  ['redis://', 'host is missing'],
  ['redis://secret@', 'no password'],
  ['redis://:secret@a:99999', 'port'],
  ['redis://:secret@a:6379x', 'host'],
  ['redis://:secret@a/one', 'database'],
  ['redis://:secret@a/1/2', 'database'],
  ['redis://:secret@a,b', 'several hosts'],
  ['redis://:secret%@a', '%'],
  ['redis+cluster://:secret@a,,b', 'host'],
  ['redis+cluster://:secret@a/1', 'numbered'],
  ['redis+sentinel://:secret@a', 'name the primary'],
  ['redis://:secret@a?timeout=1', 'parameter'],
])('[CLU7] %s is refused with the reason, and without its password', (url, reason) => {
  let refusal: unknown;
  try {
    parseRedisUrl(url);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(StartError);
  expect(refusal).toMatchObject({ code: 'redis_url_invalid', message: expect.stringContaining(reason) });
  expect(String(refusal)).not.toContain('secret');
});
