import { type ChannelId, type DownFrame, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Members } from '../channels/members.ts';
import { openPostgres, query } from '../storage/postgres.ts';
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

/** A channel with one member on each node, connected. */
async function oneOnEachNode(): Promise<{ channelId: ChannelId; ids: UserId[]; clients: SocketClient[] }> {
  const ids = await Promise.all(nodes.map(newUser));
  const channelId = await addChannel(database, ids);
  const clients = await Promise.all(nodes.map((node, index) => SocketClient.connect(node.url, ids[index] as string)));
  return { channelId, ids, clients };
}

/** What a client that follows the rules holds of a channel: bodies by rev, and the rev up to which nothing is missing. */
function held(client: SocketClient, channelId: ChannelId, from: number) {
  const bodies = new Map<number, string>();
  let rev = from;
  let doubles = 0;
  const take = (frame: DownFrame) => {
    if (frame.t === 'message' && frame.channel === channelId) {
      if (frame.rev <= rev) doubles += 1;
      else if (frame.rev === rev + 1) {
        bodies.set(frame.rev, frame.message.body);
        rev = frame.rev;
      }
    } else if (frame.t === 'changes' && frame.channelId === channelId && frame.from <= rev) {
      for (const message of frame.messages) bodies.set(message.rev, message.body);
      rev = Math.max(rev, frame.rev);
    }
  };
  for (const frame of client.frames) take(frame);
  return { bodies: [...bodies].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]), rev, doubles };
}

/** Sends from every node while the fault happens, and proves that everybody ends with the same whole history. */
async function survives(fault: () => Promise<unknown>): Promise<void> {
  const { channelId, clients } = await oneOnEachNode();
  let isOver = false;
  const acked: string[] = [];
  const senders = clients.map(async (client, node) => {
    for (let count = 0; !isOver || count < 20; count++) {
      const body = `${node}/${count}`;
      const answer = await client.ask('message.send', { channelId, id: id(), body });
      expect(answer.t).toBe('ok');
      acked.push(body);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  await waitFor('there is traffic', () => acked.length > 20);
  await fault();
  const after = acked.length;
  await waitFor('sends go on', () => acked.length > after + 20);
  isOver = true;
  await Promise.all(senders);
  const top = nodes.length + acked.length;
  await waitFor('everybody is up to date', () => clients.every((client) => held(client, channelId, 3).rev === top));
  const rows = await query<{ body: string }>(
    database.db,
    'SELECT body FROM messages WHERE channel_id = $1 ORDER BY rev',
    [channelId],
  );
  expect(rows).toHaveLength(acked.length);
  for (const client of clients) {
    const { bodies, doubles } = held(client, channelId, 3);
    expect(bodies).toEqual(rows.map((row) => row.body));
    expect(doubles).toBe(0);
  }
  // Live again, on every way: not by the repair of a quiet channel.
  const from = clients.map((client) => client.frames.length);
  await waitFor('live delivery is back', async () => {
    const body = id();
    await clients[0]?.run('message.send', { channelId, id: id(), body });
    await new Promise((resolve) => setTimeout(resolve, 30));
    return clients.every((client, index) =>
      client.frames.slice(from[index]).some((frame) => frame.t === 'message' && frame.message.body === body),
    );
  });
  for (const client of clients) client.close();
}

describe('several nodes', () => {
  test('[CLU2] messages sent on all nodes arrive on all nodes, in one order', async () => {
    const { channelId, clients } = await oneOnEachNode();
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
    const { channelId, ids, clients } = await oneOnEachNode();
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
    survives(async () => {
      await redis.kill();
      await waitFor('it is noticed', () => nodes.every((node) => !node.bus.isListening));
      await redis.start();
    }));

  test('[CLU3] subscribers are killed', () => survives(() => redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')));

  test('[CLU4] all keys are lost', () => survives(() => redis.ask('FLUSHALL')));

  test('[CLU4] Redis stalls for three seconds', () => survives(() => redis.ask('CLIENT', 'PAUSE', '3000', 'ALL')));

  test('[CLU4] [CLU8] Redis is killed and started again while every send goes by it', async () => {
    const direct = nodes;
    nodes = await startTestCluster(database, redis, 3, undefined, { PARLEY_QUEUE_MODE: 'always' });
    try {
      await survives(async () => {
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
    const { channelId, ids, clients } = await oneOnEachNode();
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
