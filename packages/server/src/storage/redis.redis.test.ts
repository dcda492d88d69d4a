import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { TestRedisServer } from '../testing/test-redis-server.ts';
import { RedisLink } from './redis.ts';

let guarded: TestRedisServer;
let open: TestRedisServer;
let clustered: TestRedisServer;
beforeAll(async () => {
  [guarded, open, clustered] = await Promise.all([
    TestRedisServer.start(['--save', '', '--requirepass', 'top secret'], ':top%20secret'),
    TestRedisServer.start(['--save', '']),
    TestRedisServer.start(['--save', '', '--cluster-enabled', 'yes']),
  ]);
  await guarded.ask('ACL', 'SETUSER', 'chat', 'on', '>pa:ss@', '~parley:*', '+@all', '-@admin', '-info');
  // A Redis before 6.2 knows no rights on channels.
  await guarded.ask('ACL', 'SETUSER', 'chat', 'resetchannels', '&parley:*').catch(() => undefined);
  await guarded.ask('ACL', 'SETUSER', 'guest', 'on', '>x', '~other:*', '+@all');
});
afterAll(() => Promise.all([guarded, open, clustered].map((server) => server.stop())));

const connect = (url: string) =>
  RedisLink.connect({ url, prefix: 'parley:1:', clock: systemClock, random: Math.random, onError: () => {} });
const at = (server: TestRedisServer) => `127.0.0.1:${server.port}`;

test('[CLU7] a user with a name, a password and only the keys and channels that are ours is enough', async () => {
  const link = await connect(`redis://chat:pa%3Ass%40@${at(guarded)}`);
  await link.client.set('parley:1:key', 'value');
  await link.client.publish('parley:1:channel', 'text');
  const listener = await link.home.newConnection();
  await listener.connect();
  await listener.subscribe('parley:1:channel', () => {});
  listener.destroy();
  link.close();
});

test.each([
  ['no password', () => `redis://${at(guarded)}`, 'wants a password'],
  ['a wrong password', () => `redis://chat:wrong@${at(guarded)}`, 'Correct the user and the password'],
  ['a user without our keys', () => `redis://guest:x@${at(guarded)}`, 'Allow this user'],
  ['TLS where there is none', () => `rediss://${at(open)}`, 'only where Redis speaks TLS'],
  ['a cluster that is none', () => `redis+cluster://${at(open)}`, 'leave +cluster out'],
  ['a server that is of a cluster', () => `redis://${at(clustered)}`, 'redis+cluster://'],
  ['sentinels that are none', () => `redis+sentinel://${at(open)}/one`, 'correct REDIS_URL'],
  ['nobody there', () => 'redis://127.0.0.1:1', 'Start Redis or correct REDIS_URL'],
])('[CLU7] %s is told at the start with what to do', async (_what, url, hint) => {
  await expect(connect(url())).rejects.toMatchObject({
    code: 'redis_unreachable',
    hint: expect.stringContaining(hint),
  });
});
