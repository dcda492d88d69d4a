import { type MessageId, makeUuid } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import { waitFor } from '../testing/wait-for.ts';

/** As large as a message may be, so that what the kernel takes for a socket is soon full. */
const BODY = '\u{1F4AC}'.repeat(4_000);
const TOGETHER = 50;
/** Far more than any kernel takes. */
const MAX_MESSAGES = 4_000;

let database: MigratedDatabase;
let node: TestNode;
beforeAll(async () => {
  database = await migratedDatabase();
  node = await startTestNode(database, { PARLEY_OUTBOX_BYTES: '65536' });
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

test('[HUB4] a socket that does not take its data is cut, and the others get all in order, on sockets that stay', async () => {
  const [writer, reader, lazy] = [
    await addUser(database, 'writer'),
    await addUser(database, 'reader'),
    await addUser(database, 'lazy'),
  ];
  const channelId = await addChannel(database, [writer, reader, lazy]);
  const [one, two, three] = await Promise.all(
    [writer, reader, lazy].map((user) => SocketClient.connect(node.url, user)),
  );
  if (one === undefined || two === undefined || three === undefined) throw new Error('not all are connected');
  three.socket.pause();
  let sent = 0;
  for (; sent < MAX_MESSAGES && node.flusher.stats().slow === 0; sent += TOGETHER) {
    const sends = Array.from({ length: TOGETHER }, () =>
      one.run('message.send', { channelId, id: makeUuid() as MessageId, body: BODY }),
    );
    await Promise.all(sends);
    // Only who is cut is behind: the reader has taken all before more is sent.
    await waitFor('the reader has all', () => two.of('message').length === sent + TOGETHER);
  }
  expect(node.flusher.stats().slow).toBe(1);
  expect(node.hub.subscribersOf(lazy)).toBeUndefined();
  expect(two.of('message').map(({ message }) => message.seq)).toEqual(
    Array.from({ length: sent }, (_, index) => index + 1),
  );
  expect(await one.run('message.send', { channelId, id: makeUuid() as MessageId, body: 'still here' })).toBeDefined();
  await two.until('message', ({ message }) => message.body === 'still here');
  three.socket.resume();
  expect((await three.closed).code).not.toBe(1000);
  const back = await SocketClient.connect(node.url, lazy);
  expect(back.of('sync').at(-1)?.done).toBe(true);
  for (const client of [one, two, back]) client.close();
});
