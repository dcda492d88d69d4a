import { type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisWindowStore } from '../cache/redis-window-store.ts';
import { Members } from '../channels/members.ts';
import { readConfig } from '../config/config.ts';
import { storeReports } from '../delivery/receipt-statement.ts';
import { RedisPresenceStore } from '../presence/redis-presence-store.ts';
import { StreamShards } from '../queue/stream-shards.ts';
import { policiesOf } from '../rate-limit/policy.ts';
import { RedisLimiter } from '../rate-limit/redis-limiter.ts';
import { openPostgres, query } from '../storage/postgres.ts';
import { held, oneOnEachNode, survives } from '../testing/cluster-traffic.ts';
import { startCuttableProxy } from '../testing/cuttable-proxy.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { type ClusterNode, startTestCluster } from '../testing/test-cluster.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';

let database: MigratedDatabase;
let redis: TestRedis;
let nodes: ClusterNode[];
let users = 0;

beforeAll(async () => {
  [database, redis] = await Promise.all([migratedDatabase(), TestRedis.start()]);
  nodes = await startTestCluster(database, redis, 3);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await redis.stop();
  await database.drop();
});

const newUser = () => addUser(database, `cluster-${++users}`);
const id = () => makeUuid() as MessageId;
const nodeAt = (index: number): ClusterNode => nodes[index] as ClusterNode;

describe('several nodes', () => {
  test('[CLU2] messages sent on all nodes arrive on all nodes, in one order', async () => {
    const { channelId, clients } = await oneOnEachNode({ database, nodes });
    await Promise.all(
      clients.map(async (client, node) => {
        for (let count = 0; count < 100; count++)
          await client.run('message.send', { channelId, id: id(), body: `${node}/${count}` });
      }),
    );
    await waitFor('all is here', () => clients.every((client) => held(client, channelId, 3).rev === 303));
    const [one, two, three] = clients.map((client) => held(client, channelId, 3));
    expect(one?.bodies).toHaveLength(300);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    for (const client of clients) client.close();
  });

  test('[CLU2] who is removed on one node hears nothing more on another, and who is added hears from then on', async () => {
    const { channelId, ids, clients } = await oneOnEachNode({ database, nodes });
    const [owner, removed] = ids as [UserId, UserId];
    const members = new Members(nodeAt(0).changes);
    await members.kick({ userId: owner, channelId, targetId: removed });
    const last = await clients[1]?.until('members', (frame) => frame.left?.includes(removed) ?? false);
    await clients[0]?.run('message.send', { channelId, id: id(), body: 'secret' });
    await clients[2]?.until('message', (frame) => frame.message.body === 'secret');
    expect(await clients[1]?.ask('message.send', { channelId, id: id(), body: 'x' })).toMatchObject({
      code: 'not_found',
    });
    expect(clients[1]?.of('message')).toEqual([]);
    expect(last?.rev).toBe(4);

    const guest = await newUser();
    const client = await SocketClient.connect(nodeAt(2).url, guest);
    await members.invite(owner, channelId, [guest]);
    await client.until('joined');
    await clients[0]?.run('message.send', { channelId, id: id(), body: 'welcome' });
    await client.until('message', (frame) => frame.message.body === 'welcome');
    for (const each of [...clients, client]) each.close();
  });
});

describe('a node whose database is away', () => {
  test('[CLU8] has its sends written by another, and acknowledges them', async () => {
    const { host = '', port = 0 } = database.database.config;
    const proxy = await startCuttableProxy(`${host}/.s.PGSQL.${port}`);
    const way = openPostgres({
      connection: { ...database.database.config, host: '127.0.0.1', port: proxy.port },
      maxConnections: 2,
      statementTimeoutMs: 10_000,
      onError: () => {},
    });
    const pair = await startTestCluster(database, redis, 2, (_link, index) =>
      index === 0 ? { writerPool: way.pool } : {},
    );
    const user = await newUser();
    const channelId = await addChannel(database, [user]);
    const client = await SocketClient.connect((pair[0] as ClusterNode).url, user);
    const send = (body: string) => client.run('message.send', { channelId, id: id(), body });
    await send('before');
    proxy.cut();
    const bodies = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(bodies.map(send));
    proxy.mend();
    await send('after');
    const rows = await query<{ body: string }>(
      database.db,
      'SELECT body FROM messages WHERE channel_id = $1 ORDER BY seq',
      [channelId],
    );
    expect(rows.map((row) => row.body)).toEqual(['before', ...bodies, 'after']);
    await waitFor('its sockets hear of them', () => held(client, channelId, 1).rev === 103);
    client.close();
    await Promise.all(pair.map((node) => node.stop()));
    await way.close();
    await proxy.close();
  });
});

describe('faults of Redis in traffic', () => {
  test('[CLU4] Redis is killed and started again: nothing is lost, doubled or refused', () =>
    survives({ database, nodes }, async () => {
      await redis.kill();
      await waitFor('it is noticed', () => nodes.every((node) => !node.bus.isListening));
      await redis.start();
    }));

  test('[CLU3] subscribers are killed', () =>
    survives({ database, nodes }, () => redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')));

  test('[CLU4] all keys are lost', () => survives({ database, nodes }, () => redis.ask('FLUSHALL')));

  test('[CLU4] Redis stalls for three seconds', () =>
    survives({ database, nodes }, () => redis.ask('CLIENT', 'PAUSE', '3000')));

  test('[CLU4] [CLU8] Redis is killed and started again while every send goes by it', async () => {
    const direct = nodes;
    nodes = await startTestCluster(database, redis, 3, undefined, { PARLEY_QUEUE_MODE: 'always' });
    try {
      await survives({ database, nodes }, async () => {
        await redis.kill();
        await waitFor('it is noticed', () => nodes.every((node) => !node.bus.isListening));
        await redis.start();
      });
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
      nodes = direct;
    }
  });

  test('[CLU4] who was added while Redis was away hears the channel once it is back', async () => {
    const { channelId, ids, clients } = await oneOnEachNode({ database, nodes });
    const guest = await newUser();
    const client = await SocketClient.connect(nodeAt(1).url, guest);
    await redis.kill();
    await waitFor('it is noticed', () => nodes.every((node) => !node.bus.isListening));
    await new Members(nodeAt(0).changes).invite(ids[0] as UserId, channelId, [guest]);
    await redis.start();
    const { joined } = await client.until('joined', (frame) => frame.joined.channel.id === channelId);
    await clients[0]?.run('message.send', { channelId, id: id(), body: 'hello' });
    await waitFor('it hears', () => held(client, channelId, joined.channel.rev).bodies.includes('hello'));
    for (const each of [...clients, client]) each.close();
  });
});

test('[CLU4] what was read on another device while Redis was away is told once it is back', async () => {
  const { channelId, ids, clients } = await oneOnEachNode({ database, nodes });
  const [reader] = ids as [UserId];
  await clients[1]?.run('message.send', { channelId, id: id(), body: 'hello' });
  const other = await SocketClient.connect(nodeAt(2).url, reader);
  await redis.kill();
  await waitFor('it is noticed', () => nodes.every((node) => !node.bus.isListening));
  const report = { delivered: 0, read: 1, own: false };
  await storeReports(database.pool, [{ channelId, userId: reader, report }]);
  await redis.start();
  expect(await other.until('cursor', (frame) => frame.channel === channelId)).toMatchObject({
    readSeq: 1,
    mentions: 0,
  });
  for (const each of [...clients, other]) each.close();
});

/** What Redis says of a command. */
interface Documented {
  readonly since: string;
  readonly subcommands?: Record<string, Documented>;
}

test('[CLU10] every command is one that Redis 6.0 knows', async () => {
  await redis.ask('CONFIG', 'RESETSTAT');
  const all = await startTestCluster(database, redis, 3, undefined, { PARLEY_QUEUE_MODE: 'always' });
  const { channelId, clients } = await oneOnEachNode({ database, nodes: all });
  await Promise.all(clients.map((client) => client.run('message.send', { channelId, id: id(), body: 'hello' })));
  const link = await redis.link();
  const presence = new RedisPresenceStore('one', link);
  await presence.write(new Map([['ann' as UserId, 'active']]));
  await presence.read(['ann' as UserId]);
  await presence.write(new Map([['ann' as UserId, null]]));
  await presence.beat();
  await presence.leave();
  const windows = new RedisWindowStore(link, 1_000);
  windows.put('one', { floor: 0, top: 0, messages: [], memberRevs: [] });
  await windows.get('one');
  windows.drop('one');
  await new RedisLimiter(policiesOf(readConfig({})), link).take('message', 'ann');
  const shards = new StreamShards(link, 'one');
  const text = 'x';
  const entry = { channelId: text, rootId: text, id: text, senderId: text, body: text };
  const readable = { ...entry, mentions: null, attachments: null, accessRev: 0, acceptedAt: 0 };
  for (const e of ['not ours', JSON.stringify(readable)])
    await link.client.xAdd(`${link.prefix}queue:{0}`, '*', { n: 'one', e });
  expect((await shards.take(0, 10, [])).entries).toHaveLength(1);
  // What was not finished is first again.
  const { streamIds, entries } = await shards.take(0, 10, []);
  expect([streamIds.length, entries.length]).toEqual([2, 1]);
  expect((await shards.take(0, 10, streamIds)).streamIds).toEqual([]);
  await shards.release(0);

  const stats = String(await redis.ask('INFO', 'commandstats'));
  const used = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map((match) => match[1] as string);
  // The client names itself where the server can take it, and does without elsewhere.
  const names = used.map((name) => name.replace('|', ' ')).filter((name) => name !== 'client setinfo');
  expect(names).toEqual(expect.arrayContaining(['publish', 'xreadgroup', 'xclaim', 'hset', 'zadd', 'evalsha', 'get']));
  const parents = new Set(names.map((name) => name.split(' ')[0] as string));
  // A Redis before 7 cannot tell since when it knows a command; then it was an older one that has known them all.
  const facts = (await redis.ask('COMMAND', 'DOCS', ...parents).catch(() => null)) as Documented['subcommands'] | null;
  for (const name of facts === null ? [] : names) {
    const [parent = '', child] = name.split(' ');
    const known = facts?.[parent];
    const { since } = (child === undefined ? known : known?.subcommands?.[`${parent}|${child}`]) ?? {};
    expect.soft(Number.parseFloat(since ?? '99'), name).toBeLessThanOrEqual(6);
  }
  for (const client of clients) client.close();
  await Promise.all(all.map((node) => node.stop()));
});
