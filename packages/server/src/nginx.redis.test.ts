import { type ChatClient, claimOwner, createClient, signUp } from '@parley/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, createApp } from './app.ts';
import { readConfig } from './config/config.ts';
import { createLogger } from './monitoring/logger.ts';
import { findNginx, type Nginx, startNginx } from './testing/nginx.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { TestRedis } from './testing/test-redis.ts';
import { waitFor } from './testing/wait-for.ts';

const PASSWORD = 'correct horse battery';
const program = findNginx();
if (program === undefined)
  console.log('nginx is not installed: whether deploy/nginx.conf leads to nodes as it should was not tested');

describe.skipIf(program === undefined)('three nodes behind nginx, as in deploy/nginx.conf', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let nginx: Nginx;
  const nodes: { app: App; port: number }[] = [];
  const clients: ChatClient[] = [];

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), TestRedis.start()]);
    for (let index = 0; index < 3; index++) nodes.push(await startNode());
    nginx = await startNginx(
      program ?? '',
      nodes.map(({ port }) => port),
    );
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await nginx.stop();
    await Promise.all(nodes.map(({ app }) => app.close()));
    await redis.stop();
    await database.drop();
  });

  async function startNode(): Promise<{ app: App; port: number }> {
    const config = readConfig({
      PORT: '0',
      PARLEY_SIGN_UP: 'open',
      PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
      PARLEY_TRUSTED_PROXIES: '127.0.0.0/8',
      PARLEY_DRAIN_NOTICE_MS: '0',
      REDIS_URL: redis.url,
    });
    const app = await createApp({ config, connection: database.config, logger: createLogger('silent', 'test') });
    return { app, port: (await app.listen()).port };
  }

  /** A person on as many devices, all by way of nginx. */
  async function arrive(token: string, devices: number): Promise<ChatClient[]> {
    const own = Array.from({ length: devices }, () => createClient({ url: nginx.url, token, WebSocket }));
    clients.push(...own);
    await Promise.all(own.map((client) => client.connect()));
    return own;
  }

  const connections = () => nodes.map(({ app }) => app.node.gateway.connections);

  test('[CLU11] sockets live on any node, everybody hears everybody, and a node that leaves is noticed by nobody', async () => {
    const ownerToken = (await nodes[0]?.app.ensureOwnerToken()) ?? '';
    const owner = await claimOwner(nginx.url, { ownerToken, username: 'ann', password: PASSWORD });
    const guest = await signUp(nginx.url, { username: 'bob', password: PASSWORD });
    const [anns, bobs] = [await arrive(owner.token, 6), await arrive(guest.token, 6)];
    expect(connections().every((count) => count > 0)).toBe(true);
    const [ann, bob] = [anns[0] as ChatClient, bobs[0] as ChatClient];
    const { id } = await ann.createChannel({ kind: 'private', name: 'proxied', memberIds: [guest.user.id] });
    await waitFor('all are in the channel', () =>
      bobs.every((client) => client.channel(id).info.getSnapshot() !== null),
    );
    const heard = bobs.map((client) => {
      const bodies: string[] = [];
      client.on('message', ({ message }) => bodies.push(message.body));
      return bodies;
    });
    const states: string[] = [];
    for (const client of clients) client.on('connection', ({ current }) => states.push(current));

    const said: string[] = [];
    let isOver = false;
    const talking = (async () => {
      while (!isOver) {
        const body = `${said.length}`;
        said.push(body);
        await (said.length % 2 === 0 ? ann : bob).channel(id).send(body);
      }
    })();
    await waitFor('they talk', () => said.length > 20);
    await nodes[2]?.app.drain();
    await waitFor('all have moved', () => connections()[2] === 0 && clients.every((client) => isOnline(client)));
    const before = said.length;
    await waitFor('they go on', () => said.length > before + 20);
    isOver = true;
    await talking;
    await waitFor('all is heard', () => heard.every((bodies) => bodies.length >= said.length));
    for (const bodies of heard) expect(bodies).toEqual(said);
    expect(states.filter((state) => state === 'failed' || state === 'offline')).toEqual([]);
    // Commands by HTTP reach those that stay as well.
    for (let turn = 0; turn < 6; turn++) expect((await fetch(`${nginx.url}/livez`)).status).toBe(200);
  });
});

function isOnline(client: ChatClient): boolean {
  return client.connection.getSnapshot().current === 'online';
}
