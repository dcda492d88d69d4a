import { type ChannelId, type DownFrame, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { expect } from 'vitest';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase } from './migrated-database.ts';
import { SocketClient } from './socket-client.ts';
import type { ClusterNode } from './test-cluster.ts';
import { waitFor } from './wait-for.ts';

/** Nodes on one database. */
export interface TestCluster {
  readonly database: MigratedDatabase;
  readonly nodes: readonly ClusterNode[];
}

const id = () => makeUuid() as MessageId;

/** A channel with one member on each node, connected. */
export async function oneOnEachNode({
  database,
  nodes,
}: TestCluster): Promise<{ channelId: ChannelId; ids: UserId[]; clients: SocketClient[] }> {
  const ids = await Promise.all(nodes.map(() => addUser(database, `user-${makeUuid()}`)));
  const channelId = await addChannel(database, ids);
  const clients = await Promise.all(nodes.map((node, index) => SocketClient.connect(node.url, ids[index] as string)));
  return { channelId, ids, clients };
}

/** What a client that follows the rules holds of a channel: bodies by rev, and the rev up to which nothing is missing. */
export function held(client: SocketClient, channelId: ChannelId, from: number) {
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
export async function survives(cluster: TestCluster, fault: () => Promise<unknown>): Promise<void> {
  const { database, nodes } = cluster;
  const { channelId, clients } = await oneOnEachNode(cluster);
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
