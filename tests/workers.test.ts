import { readdir, readFile } from 'node:fs/promises';
import { claimOwner, createClient } from '@parley/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ServerProcess, serverProcess } from '../packages/server/src/testing/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/test-database.ts';
import { TestRedis } from '../packages/server/src/testing/test-redis.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';

let database: TestDatabase;
let redis: TestRedis;
let server: ServerProcess;

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), TestRedis.start()]);
  server = await serverProcess(database.connectionString, { REDIS_URL: redis.url, PARLEY_WORKERS: '2' });
  await server.start();
});
afterAll(async () => {
  await server.stop();
  await redis.stop();
  await database.drop();
});

test('[WORK1] workers share a port, are nodes of one server, and are replaced when they die', async () => {
  const password = 'correct horse battery';
  const owner = await claimOwner(server.url, { ownerToken: server.ownerToken(), username: 'ann', password });
  const clients = Array.from({ length: 6 }, () => createClient({ url: server.url, token: owner.token, WebSocket }));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    const [first, ...others] = clients;
    const channel = await first?.createChannel({ kind: 'private', name: 'everywhere' });
    if (channel === undefined) throw new Error('there is a channel');
    await channel.send('to all workers');
    const isHeard = (body: string) =>
      waitFor(`all hear ${body}`, () =>
        others.every((client) => client.channel(channel.id).info.getSnapshot()?.channel.lastSeq === Number(body)),
      );
    await isHeard('1');
    const [worker] = await workersOf(server);
    if (worker === undefined) throw new Error('there are workers');
    process.kill(worker, 'SIGKILL');
    await channel.send('while one is gone');
    await isHeard('2');
    await waitFor('it is replaced', async () => {
      const now = await workersOf(server);
      return now.length === 2 && !now.includes(worker);
    });
  } finally {
    for (const client of clients) client.close();
  }
});

test('[WORK1] several workers without Redis are refused with what is missing', async () => {
  const alone = await serverProcess(database.connectionString, { PARLEY_WORKERS: '2' });
  await expect(alone.start()).rejects.toThrow('REDIS_URL');
});

/** Processes whose parent is the server. */
async function workersOf(one: ServerProcess): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === one.pid()) found.push(Number(name));
  }
  return found;
}
