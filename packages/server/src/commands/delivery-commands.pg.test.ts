import { type MessageId, makeUuid } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Delivery } from '../delivery/delivery.ts';
import { History } from '../messages/history.ts';
import { MentionResolver } from '../messages/mentions.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import { waitFor } from '../testing/wait-for.ts';
import { deliveryHandlers } from './delivery-commands.ts';
import type { Handlers } from './handler.ts';
import { sendMessage } from './send-message.ts';

let database: MigratedDatabase;
let node: TestNode;
let delivery: Delivery | null = null;
beforeAll(async () => {
  database = await migratedDatabase();
  node = await startTestNode(
    database,
    {},
    {
      handlersOf(rooms) {
        delivery = new Delivery({ ...rooms, pool: database.pool, onError: () => {} });
        return {
          ...deliveryHandlers({ access: rooms.access, delivery }),
          'message.send': sendMessage({
            ...rooms,
            mentions: new MentionResolver(rooms.db),
            attachments: { claim: () => Promise.resolve([]) },
            history: new History(rooms.db),
          }),
        } as Handlers;
      },
      onCommit: (entries) => {
        for (const entry of entries) delivery?.sent(entry.senderId, entry.channelId);
      },
    },
  );
});
afterAll(async () => {
  await delivery?.drain();
  await node.stop();
  await database.drop();
});

test('[DEL9] what one device reports, the other devices and the other members hear of', async () => {
  const ann = await addUser(database, 'ann');
  const ben = await addUser(database, 'ben');
  const eve = await addUser(database, 'eve');
  const channel = await addChannel(database, [ann, ben]);
  const [laptop, phone, annHere, eveHere] = await Promise.all(
    [ben, ben, ann, eve].map((userId) => SocketClient.connect(node.url, userId)),
  );
  if (!laptop || !phone || !annHere || !eveHere) throw new Error('no clients');
  const id = makeUuid() as MessageId;
  await annHere.run('message.send', { channelId: channel, id, body: 'hello' });
  await phone.until('message');

  expect(await phone.run('receipt.delivered', { cursors: [{ channelId: channel, seq: 1 }] })).toEqual({});
  const delivered = await annHere.until('receipts');
  expect(delivered).toEqual({
    t: 'receipts',
    channel,
    receipts: [{ userId: ben, deliveredSeq: 1, readSeq: 0 }],
  });
  expect(await annHere.run('receipt.status', { channelId: channel, messageId: id })).toMatchObject({
    status: { messageId: id, status: 'delivered' },
    members: 1,
    read: 0,
  });

  await laptop.run('receipt.read', { cursors: [{ channelId: channel, seq: 1 }] });
  expect(await phone.until('cursor')).toMatchObject({ t: 'cursor', channel, readSeq: 1, deliveredSeq: 1, mentions: 0 });
  await annHere.until('receipts', (frame) => frame.receipts[0]?.readSeq === 1);

  await phone.run('receipt.unread', { channelId: channel, seq: 1 });
  await laptop.until('cursor', (frame) => frame.readSeq === 0);
  await phone.run('receipt.read_all', {});
  await waitFor(
    'the laptop is told',
    () =>
      laptop
        .of('cursor')
        .map((frame) => frame.readSeq)
        .join() === '1,0,1',
  );

  await eveHere.run('receipt.read', { cursors: [{ channelId: channel, seq: 1 }] });
  const refused = await eveHere.ask('receipt.list', { channelId: channel });
  expect(refused).toMatchObject({ t: 'error', code: 'not_found' });
  await delivery?.flush();
  expect(eveHere.of('cursor')).toEqual([]);
  expect(eveHere.of('receipts')).toEqual([]);
  for (const client of [laptop, phone, annHere, eveHere]) client.close();
});
