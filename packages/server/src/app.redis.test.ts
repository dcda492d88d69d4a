import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SocketClient } from './testing/socket-client.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { TestRedis } from './testing/test-redis.ts';
import { waitFor } from './testing/wait-for.ts';
import { type ServedApp, serveApp } from './testing/whole-server.ts';

let database: TestDatabase;
let redis: TestRedis;
const apps: ServedApp[] = [];

const start = (redisUrl: string, more: Record<string, string> = {}) =>
  serveApp(database.config, { REDIS_URL: redisUrl, ...more });

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), TestRedis.start()]);
  apps.push(await start(redis.url), await start(redis.url));
});
afterAll(async () => {
  await Promise.all(apps.map(({ app }) => app.close()));
  await redis.stop();
  await database.drop();
});

async function post(node: number, path: string, body: object, token?: string): Promise<Record<string, unknown>> {
  const answer = await apps[node]?.call('POST', path, body, token);
  return { status: answer?.status, ...answer?.body };
}

const socket = (node: number, token: string) =>
  SocketClient.connect(`${apps[node]?.url.replace('http', 'ws')}/v1/socket`, token);
const ready = async (node: number) => {
  const response = await fetch(`${apps[node]?.url}/readyz`);
  return { code: response.status, ...((await response.json()) as { checks: Record<string, string> }) };
};

describe('two whole servers on one database and one Redis', () => {
  test('[CLU2] [AUTH7] a message sent on one arrives on the other; a sign-out on one ends the socket on the other', async () => {
    const owner = await post(0, '/auth/claim-owner', {
      ownerToken: (await apps[0]?.app.ensureOwnerToken()) ?? '',
      username: 'ada',
      password: 'correct horse',
    });
    const member = await post(1, '/auth/sign-up', { username: 'bob', password: 'correct horse' });
    const ada = await socket(0, owner.token as string);
    const bob = await socket(1, member.token as string);
    const channelId = (await bob.until('sync')).joined[0]?.channel.id as ChannelId;
    const id = makeUuid() as MessageId;
    await ada.run('message.send', { channelId, id, body: 'from the other node' });
    expect((await bob.until('message')).message.body).toBe('from the other node');
    await post(0, '/auth/sign-out', {}, member.token as string);
    expect((await bob.closed).reason).toBe('revoked');
    ada.close();
  });

  test('[PRES8] people on different nodes see each other come, change, type, hide and go', async () => {
    const signUp = (username: string) => post(0, '/auth/sign-up', { username, password: 'correct horse' });
    const [cat, dan] = [await signUp('cat'), await signUp('dan')];
    const danId = (dan.user as { id: UserId }).id;
    const here = await socket(0, cat.token as string);
    const channelId = (await here.until('sync')).joined[0]?.channel.id as ChannelId;
    await here.run('presence.watch', { userIds: [danId] });
    const isShown = (status: string) => {
      const from = here.frames.length;
      return waitFor(`dan is ${status}`, () =>
        here.frames
          .slice(from - 1)
          .some((frame) => frame.t === 'presence' && frame.presence.some((one) => one.status === status)),
      );
    };
    const steps = async (status: string, step: () => unknown) => {
      const shown = isShown(status);
      await step();
      await shown;
    };
    let there = null as SocketClient | null;
    await steps('online', async () => {
      there = await socket(1, dan.token as string);
    });
    await steps('away', () => there?.run('presence.set', { idle: true }));
    await there?.run('typing.set', { channelId, on: true });
    await here.until('typing', (frame) => frame.userId === danId && frame.on);
    await steps('online', () => there?.run('presence.set', { idle: false }));
    await steps('offline', () => there?.run('presence.set', { status: 'invisible' }));
    await steps('online', () => there?.run('presence.set', { status: 'online' }));
    await steps('offline', () => there?.close());
    here.close();
  });

  test('[CLU4] readiness tells that Redis is away, and stays ready', async () => {
    expect(await ready(0)).toMatchObject({ code: 200, checks: { redis: 'ok' } });
    await redis.kill();
    await waitFor('it is told', async () => (await ready(0)).checks.redis === 'degraded');
    expect((await ready(0)).code).toBe(200);
    await redis.start();
    await waitFor('it is well again', async () => (await ready(0)).checks.redis === 'ok');
  });

  test('[CLU7] a Redis that cannot be reached at the start ends it with a sentence that helps', async () => {
    await expect(start('redis://127.0.0.1:1')).rejects.toMatchObject({ code: 'redis_unreachable' });
  });
});
