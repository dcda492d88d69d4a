import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { entryOf } from '../testing/test-entry.ts';
import { JoinedBatches } from './joined-batches.ts';
import type { SendEntry, SendOutcome } from './send-entry.ts';

const channelId = makeUuid() as ChannelId;
const userId = makeUuid() as UserId;
const group = (...bodies: string[]): SendEntry[] => bodies.map((body) => entryOf(channelId, userId, { body }));
const bodiesOf = (batch: readonly SendEntry[]) => batch.map(({ body }) => body).join('');
const sentOf = ({ id, body }: SendEntry): SendOutcome => ({ channelId, id, seq: Number(body), rev: 1, createdAt: 0 });

/** Batches that end when the test says so. */
function open(batchSize = 5) {
  const began: { readonly bodies: string; end(): void; fail(): void }[] = [];
  const consumer = (batch: readonly SendEntry[]) =>
    new Promise<SendOutcome[]>((resolve, reject) => {
      began.push({
        bodies: bodiesOf(batch),
        end: () => resolve(batch.map(sentOf)),
        fail: () => reject(new Error('away')),
      });
    });
  return { began, joined: new JoinedBatches({ batchSize, writers: 2, consumer }) };
}
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

test('groups of one turn are one batch, and each gets its own outcomes', async () => {
  const { began, joined } = open();
  const all = Promise.all([joined.write(group('1', '2')), joined.write(group('3'))]);
  await turn();
  expect(began.map(({ bodies }) => bodies)).toEqual(['123']);
  began[0]?.end();
  expect((await all).map((outcomes) => outcomes.map((sent) => 'seq' in sent && sent.seq))).toEqual([[1, 2], [3]]);
});

test('a group stays whole, so many are written side by side, and the others wait for their turn', async () => {
  const { began, joined } = open(3);
  const all = [group('1', '2'), group('3', '4'), group('5', '6', '7', '8'), group('9')].map((one) => joined.write(one));
  await turn();
  expect(began.map(({ bodies }) => bodies)).toEqual(['12', '34']);
  began[1]?.end();
  await turn();
  // Larger than a batch of several would be: alone.
  expect(began.map(({ bodies }) => bodies)).toEqual(['12', '34', '5678']);
  began[0]?.end();
  await turn();
  began[2]?.end();
  began[3]?.end();
  expect((await Promise.all(all)).map(({ length }) => length)).toEqual([2, 2, 4, 1]);
});

test('what a batch ends with is the end of its groups alone', async () => {
  const { began, joined } = open(2);
  const [first, second] = [joined.write(group('1', '2')), joined.write(group('3'))];
  await turn();
  began[0]?.fail();
  began[1]?.end();
  await expect(first).rejects.toThrow('away');
  expect(await second).toHaveLength(1);
});
