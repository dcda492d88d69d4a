import { type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';

let database: MigratedDatabase;
let node: TestNode;
const clients: SocketClient[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  node = await startTestNode(database);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

async function connect(...parameters: Parameters<typeof SocketClient.connect>): Promise<SocketClient> {
  const client = await SocketClient.connect(...parameters);
  clients.push(client);
  return client;
}

const id = () => makeUuid() as MessageId;

describe('the road of a message', () => {
  test('[ROAD7] a message is acknowledged with its place and reaches every member once', async () => {
    const [alice, bob, stranger] = await Promise.all(['a', 'b', 'c'].map((name) => addUser(database, `road-${name}`)));
    const channelId = await addChannel(database, [alice, bob] as UserId[]);
    const [one, two, three] = await Promise.all(
      [alice, bob, stranger].map((user) => connect(node.url, user as string)),
    );
    const sent = (await one?.run('message.send', { channelId, id: id(), body: 'hello' })) as {
      seq: number;
      rev: number;
    };
    expect(sent).toMatchObject({ seq: 1, rev: 3 });
    const event = await two?.until('message');
    expect(event).toMatchObject({
      channel: channelId,
      rev: 3,
      change: 'new',
      message: { seq: 1, body: 'hello', senderId: alice },
    });
    await three?.ask('sync.changes', { channelId, since: 0 });
    expect(three?.of('message')).toEqual([]);
    expect(await three?.ask('message.send', { channelId, id: id(), body: 'x' })).toMatchObject({
      t: 'error',
      code: 'not_found',
    });
  });

  test('[ROAD2] 1,000 sends, each repeated one to five times over two sockets at once, leave 1,000 rows without a gap', async () => {
    const user = await addUser(database, 'repeater');
    const channelId = await addChannel(database, [user]);
    const sockets = [await connect(node.url, user), await connect(node.url, user)];
    const answers: Promise<unknown>[] = [];
    const seqs = new Map<string, Set<number>>();
    for (let index = 0; index < 1_000; index++) {
      const message = id();
      for (let repeat = 0; repeat <= (index * 7) % 5; repeat++) {
        const answer = sockets[(index + repeat) % 2]?.run('message.send', {
          channelId,
          id: message,
          body: `m${index}`,
        });
        answers.push(
          Promise.resolve(answer).then((sent) => {
            seqs.set(message, (seqs.get(message) ?? new Set()).add((sent as { seq: number }).seq));
          }),
        );
      }
    }
    await Promise.all(answers);
    const rows = await query<{ seq: number; id: string }>(
      database.db,
      'SELECT seq, id FROM messages WHERE channel_id = $1 ORDER BY seq',
      [channelId],
    );
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
    for (const row of rows) expect([...(seqs.get(row.id) ?? [])]).toEqual([row.seq]);
  });

  test('[ROAD12] a send whose rate verdict takes its time is not overtaken', async () => {
    let takes = 0;
    const slowLimiter = {
      take: () => {
        takes += 1;
        const allowed = { allowed: true } as const;
        if (takes % 3 === 0) return allowed;
        return new Promise<typeof allowed>((resolve) => setTimeout(() => resolve(allowed), (takes * 7) % 11));
      },
    };
    const other = await startTestNode(database, {}, { limiter: slowLimiter });
    const user = await addUser(database, 'slow-verdicts');
    const channelId = await addChannel(database, [user]);
    const client = await connect(other.url, user);
    const bodies = Array.from({ length: 100 }, (_, index) => (index % 10 === 3 ? `@nobody ${index}` : `${index}`));
    await Promise.all(bodies.map((body) => client.run('message.send', { channelId, id: id(), body })));
    const rows = await query<{ body: string }>(
      database.db,
      'SELECT body FROM messages WHERE channel_id = $1 ORDER BY seq',
      [channelId],
    );
    expect(rows.map((row) => row.body)).toEqual(bodies);
    await other.stop();
  });

  test('[ROAD12] the sends of one socket are committed in its order', async () => {
    const user = await addUser(database, 'orderly');
    const channelId = await addChannel(database, [user]);
    const socket = await connect(node.url, user);
    const bodies = Array.from({ length: 300 }, (_, index) =>
      index % 10 === 3 ? `@nobody ${index}` : `plain ${index}`,
    );
    await Promise.all(bodies.map((body) => socket.run('message.send', { channelId, id: id(), body })));
    const rows = await query<{ body: string }>(
      database.db,
      'SELECT body FROM messages WHERE channel_id = $1 ORDER BY seq',
      [channelId],
    );
    expect(rows.map((row) => row.body)).toEqual(bodies);
  });
});

describe('sync', () => {
  test('[SYNC1] [SYNC2] a resume gives what was missed, and one row for what was not', async () => {
    const [reader, writer] = [await addUser(database, 'sync-reader'), await addUser(database, 'sync-writer')];
    const [busy, quiet] = [await addChannel(database, [writer, reader]), await addChannel(database, [writer, reader])];
    const first = await connect(node.url, reader);
    const { epoch } = await first.until('welcome');
    expect(
      first
        .of('sync')
        .flatMap((frame) => frame.joined.map((joined) => joined.channel.id))
        .sort(),
    ).toEqual([busy, quiet].sort());
    first.close();
    const other = await connect(node.url, writer);
    for (let index = 0; index < 30; index++)
      await other.run('message.send', { channelId: busy, id: id(), body: `missed ${index}` });
    const again = await connect(node.url, reader, {
      epoch,
      channels: [
        [busy, 2],
        [quiet, 2],
      ],
    });
    const frames = again.of('sync');
    const changes = frames.flatMap((frame) => frame.changes);
    expect(changes.map((change) => [change.channelId, change.from, change.rev, change.reset])).toEqual([
      [busy, 2, 32, false],
    ]);
    expect(changes[0]?.messages.map((message) => message.body)).toEqual(
      Array.from({ length: 30 }, (_, index) => `missed ${index}`),
    );
    expect(frames.flatMap((frame) => frame.joined)).toEqual([]);
    const cursors = new Map(frames.flatMap((frame) => frame.cursors).map(([channelId, ...row]) => [channelId, row]));
    expect(cursors).toEqual(
      new Map([
        [busy, [30, 0, 0, 0]],
        [quiet, [0, 0, 0, 0]],
      ]),
    );
  });

  test('[SYNC1] [SYNC3] too far behind, from the future, or of another epoch is an explicit reset', async () => {
    const user = await addUser(database, 'reset-user');
    const channel = await addChannel(database, [user]);
    await query(database.db, 'UPDATE channels SET last_rev = 5000 WHERE id = $1', [channel]);
    const { epoch } = await (await connect(node.url, user)).until('welcome');
    for (const rev of [1, 6_000]) {
      const client = await connect(node.url, user, { epoch, channels: [[channel, rev]] });
      expect(client.of('sync').flatMap((frame) => frame.changes)).toMatchObject([
        { channelId: channel, reset: true, rev: 5_000, messages: [] },
      ]);
    }
    const stranger = await connect(node.url, user, { epoch: 'another', channels: [[channel, 5_000]] });
    expect(stranger.of('sync')[0]).toMatchObject({ reset: true });
    expect(stranger.of('sync').flatMap((frame) => frame.joined.map((joined) => joined.channel.id))).toEqual([channel]);
  });

  test('[SYNC4] events that are committed during a resume are neither lost nor doubled', async () => {
    const [reader, writer] = [await addUser(database, 'race-reader'), await addUser(database, 'race-writer')];
    const channel = await addChannel(database, [writer, reader]);
    const sender = await connect(node.url, writer);
    const { epoch } = await sender.until('welcome');
    const sends: Promise<unknown>[] = [];
    const readers: SocketClient[] = [];
    for (let round = 0; round < 15; round++) {
      for (let index = 0; index < 20; index++)
        sends.push(sender.run('message.send', { channelId: channel, id: id(), body: `${round}/${index}` }));
      readers.push(await connect(node.url, reader, { epoch, channels: [[channel, 2]] }));
    }
    await Promise.all(sends);
    for (const client of readers) {
      const change = client.of('sync').flatMap((frame) => frame.changes)[0];
      const synced = change?.rev ?? 2;
      if (synced < 302) await client.until('message', (event) => event.rev === 302);
      const live = client
        .of('message')
        .map((event) => event.rev)
        .filter((rev) => rev > synced);
      expect(live).toEqual(Array.from({ length: 302 - synced }, (_, index) => synced + 1 + index));
      expect((change?.messages ?? []).filter((message) => message.rev <= synced)).toHaveLength(synced - 2);
    }
  });
});
