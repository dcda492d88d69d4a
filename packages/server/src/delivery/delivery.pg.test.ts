import type { ChannelId, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessOf } from '../channels/granted.ts';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestDelivery } from '../testing/test-delivery.ts';
import { codeOf } from '../testing/test-rooms.ts';
import { readUnread } from './unread.ts';
import { verifyUnread } from './verify-unread.ts';

let database: MigratedDatabase;
let names = 0;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

async function addUsers(count: number): Promise<UserId[]> {
  return await Promise.all(Array.from({ length: count }, () => addUser(database, `user-${++names}`)));
}

/** The place of `index` among users that a test has made. */
const at = <Item>(list: readonly Item[], index: number): Item => list[index % list.length] as Item;

/** What the status of each message must be, from the cursors alone. */
function expectedStatus(
  message: { seq: number; senderId: UserId },
  members: readonly { userId: UserId; deliveredSeq: number; readSeq: number }[],
): string {
  const others = members.filter((member) => member.userId !== message.senderId);
  if (others.every((other) => other.readSeq >= message.seq)) return 'read';
  return others.every((other) => other.deliveredSeq >= message.seq) ? 'delivered' : 'sent';
}

type Step =
  | { do: 'say'; node: number; user: number; count: number; mention: number }
  | { do: 'read' | 'delivered'; node: number; user: number; back: number }
  | { do: 'unread'; node: number; user: number; seq: number }
  | { do: 'flush'; node: number };

const node = fc.nat(2);
const user = fc.nat(2);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('say' as const),
      node,
      user,
      count: fc.integer({ min: 1, max: 4 }),
      mention: fc.nat(5),
    }),
    fc.record({ do: fc.constantFrom('read' as const, 'delivered' as const), node, user, back: fc.nat(6) }),
    fc.record({ do: fc.constant('unread' as const), node, user, seq: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ do: fc.constant('flush' as const), node }),
  ),
  { minLength: 5, maxLength: 40 },
);

describe('receipts', () => {
  test('[DEL1] [DEL3] [DEL4] [DEL5] no storm over several nodes moves a cursor back or lets a count or status drift', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const users = await addUsers(3);
        const channel = await addChannel(database, users);
        const nodes = [new TestDelivery(database), new TestDelivery(database), new TestDelivery(database)];
        const said = new Map(users.map((userId) => [userId, { read: 0, delivered: 0 }]));
        const senders: UserId[] = [];
        const before = new Map<UserId, { deliveredSeq: number; readSeq: number }>();
        const running: Promise<unknown>[] = [];
        for (const step of plan) {
          const on = at(nodes, step.node);
          if (step.do === 'flush') running.push(on.delivery.flush());
          else {
            const userId = at(users, step.user);
            if (step.do === 'say') {
              const mentions = step.mention < 3 ? [at(users, step.mention)] : [];
              await on.say(userId, channel, step.count, mentions);
              for (let i = 0; i < step.count; i++) senders.push(userId);
            } else if (step.do === 'unread') await on.delivery.markUnread(userId, channel, step.seq);
            else {
              const seq = Math.max(0, senders.length - step.back);
              const own = said.get(userId);
              if (own !== undefined) own[step.do] = Math.max(own[step.do], seq);
              on[step.do](userId, channel, seq);
            }
          }
          for (const userId of users) {
            const now = await at(nodes, 0).cursors(userId, channel);
            const past = before.get(userId) ?? { deliveredSeq: 0, readSeq: 0 };
            expect(now.readSeq).toBeGreaterThanOrEqual(past.readSeq);
            expect(now.deliveredSeq).toBeGreaterThanOrEqual(past.deliveredSeq);
            before.set(userId, now);
          }
        }
        await Promise.all(running);
        for (const one of [...nodes, ...nodes]) await one.delivery.flush();
        expect(nodes.flatMap((one) => one.errors)).toEqual([]);
        const members = await Promise.all(
          users.map(async (userId) => ({ userId, ...(await at(nodes, 0).cursors(userId, channel)) })),
        );
        // A cursor ends where the user has reported to, or behind what he has sent himself right after it.
        const pastOwn = (userId: UserId, seq: number): number =>
          senders[seq] === userId ? pastOwn(userId, seq + 1) : seq;
        for (const member of members) {
          const { read, delivered } = said.get(member.userId) ?? { read: 0, delivered: 0 };
          expect(member.readSeq).toBe(pastOwn(member.userId, read));
          expect(member.deliveredSeq).toBe(pastOwn(member.userId, Math.max(read, delivered)));
        }
        for (const message of await at(nodes, 0).statuses(channel)) {
          expect(message).toMatchObject({ status: expectedStatus(message, members), isTimed: true });
        }
        expect((await verifyUnread(database.db)).drifts).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('[DEL2] a report beyond the end counts up to the end, and one for a channel one is not in counts nowhere', async () => {
    const [ann, ben, eve] = (await addUsers(3)) as [UserId, UserId, UserId];
    const channel = await addChannel(database, [ann, ben]);
    const node = new TestDelivery(database);
    await node.say(ann, channel, 3);
    node.read(ben, channel, Number.MAX_SAFE_INTEGER);
    node.read(eve, channel, 2);
    node.read(eve, '00000000-0000-7000-8000-000000000000' as ChannelId, 2);
    await node.delivery.flush();
    expect(await node.cursors(ben, channel)).toEqual({ deliveredSeq: 3, readSeq: 3, markedSeq: null });
    expect(node.errors).toEqual([]);
    expect(node.framesTo(eve)).toEqual([]);
    await query(database.db, 'UPDATE channel_members SET left_at = now() WHERE user_id = $1', [ben]);
    await node.say(ann, channel, 2);
    node.read(ben, channel, 5);
    await node.delivery.flush();
    expect(await node.cursors(ben, channel)).toMatchObject({ readSeq: 3 });
  });

  test('[DEL3] a message that nobody else was there for stays sent, and a deactivated member is not waited for', async () => {
    const [ann, ben, cat] = (await addUsers(3)) as [UserId, UserId, UserId];
    const alone = await addChannel(database, [ann]);
    const channel = await addChannel(database, [ann, ben, cat]);
    const node = new TestDelivery(database);
    const [lonely] = await node.say(ann, alone);
    await query(
      database.db,
      `INSERT INTO channel_members (channel_id, user_id, role, rev, joined_seq, delivered_seq, read_seq) VALUES ($1, $2, 'member', 2, 1, 1, 1)`,
      [alone, ben],
    );
    await node.say(ann, alone);
    node.read(ben, alone, 2);
    await query(database.db, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [cat]);
    const [message] = await node.say(ann, channel);
    node.read(ben, channel, 1);
    await node.delivery.flush();
    expect((await node.statuses(alone)).map((one) => one.status)).toEqual(['sent', 'read']);
    expect((await node.statuses(channel)).map((one) => one.status)).toEqual(['read']);
    const toAnn = async (id: ChannelId) => accessOf(database.db, ann, id);
    expect(await node.delivery.status(await toAnn(alone), lonely as never)).toMatchObject({
      status: { status: 'sent' },
      members: 0,
    });
    const reach = await node.delivery.status(await toAnn(channel), message as never);
    expect(reach).toMatchObject({ status: { status: 'read' }, members: 1, read: 1, readBy: [ben], deliveredTo: [ben] });
    expect(Math.abs(reach.status.timestamp - Date.now())).toBeLessThan(60_000);
  });

  test('[DEL6] marking unread is for oneself alone, on all devices, and ends by reading on', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const channel = await addChannel(database, [ann, ben]);
    const node = new TestDelivery(database);
    await node.say(ann, channel, 5, [ben]);
    node.read(ben, channel, 5);
    await node.delivery.markUnread(ben, channel, 3);
    expect(await node.cursors(ben, channel)).toEqual({ deliveredSeq: 5, readSeq: 5, markedSeq: 2 });
    expect(await readUnread(database.pool, ben)).toEqual([
      { channelId: channel, lastSeq: 5, readSeq: 2, unread: 3, mentions: 3 },
    ]);
    expect(node.framesTo(ben)).toEqual([
      { t: 'cursor', channel, readSeq: 5, deliveredSeq: 5, mentions: 0, reachedSeq: 5 },
      { t: 'cursor', channel, readSeq: 2, deliveredSeq: 5, mentions: 3, reachedSeq: 5 },
    ]);
    expect((await node.delivery.list(await accessOf(database.db, ann, channel))).receipts).toContainEqual({
      userId: ben,
      deliveredSeq: 5,
      readSeq: 5,
    });
    node.delivered(ben, channel, 5);
    await node.say(ben, channel);
    await node.delivery.flush();
    expect((await readUnread(database.pool, ben))[0]).toMatchObject({ readSeq: 2, unread: 4 });
    node.read(ben, channel, 4);
    await node.delivery.flush();
    expect((await readUnread(database.pool, ben))[0]).toMatchObject({ readSeq: 4, unread: 2, mentions: 1 });
    node.read(ben, channel, 6);
    await node.delivery.flush();
    expect(await node.cursors(ben, channel)).toEqual({ deliveredSeq: 6, readSeq: 6, markedSeq: null });
    await node.delivery.markUnread(ben, channel, 7);
    expect((await node.cursors(ben, channel)).markedSeq).toBeNull();
    expect(await codeOf(node.delivery.markUnread(ann, (await addChannel(database, [ben])) as ChannelId, 1))).toBe(
      'not_found',
    );
  });

  test('[DEL6] marking everything read covers every channel at once', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const channels = await Promise.all([1, 2, 3].map(() => addChannel(database, [ann, ben])));
    const node = new TestDelivery(database);
    for (const channel of channels.slice(1)) await node.say(ann, channel, 2, [ben]);
    await node.delivery.readAll(ben);
    expect(await readUnread(database.pool, ben)).toEqual([]);
    expect(node.framesTo(ben)).toHaveLength(2);
  });

  test('[DEL7] a hidden read is told and shown to nobody, and no status claims it', async () => {
    const [ann, ben, cat] = (await addUsers(3)) as [UserId, UserId, UserId];
    const channel = await addChannel(database, [ann, ben, cat]);
    await query(database.db, 'UPDATE users SET hide_receipts = true WHERE id = $1', [ben]);
    const node = new TestDelivery(database);
    const [message] = await node.say(ann, channel);
    node.read(ben, channel, 1);
    node.read(cat, channel, 1);
    await node.delivery.flush();
    const access = await accessOf(database.db, ann, channel);
    expect(await node.delivery.status(access, message as never)).toMatchObject({
      status: { status: 'delivered' },
      members: 2,
      delivered: 2,
      read: 1,
      readBy: [cat],
    });
    expect((await node.statuses(channel)).map((one) => one.status)).toEqual(['delivered']);
    const { receipts } = await node.delivery.list(access);
    expect(receipts.find((receipt) => receipt.userId === ben)).toEqual({ userId: ben, deliveredSeq: 1, readSeq: 0 });
    const own = await node.delivery.list(await accessOf(database.db, ben, channel));
    expect(own.receipts.find((receipt) => receipt.userId === ben)?.readSeq).toBe(1);
    const [event] = node.framesTo(channel);
    expect(event).toMatchObject({ t: 'receipts', channel });
    expect(JSON.stringify(event)).toContain(JSON.stringify({ userId: ben, deliveredSeq: 1, readSeq: 0 }));
    // What was hidden shows once it is no longer.
    await query(database.db, 'UPDATE users SET hide_receipts = false WHERE id = $1', [ben]);
    await node.say(ann, channel);
    node.read(ben, channel, 2);
    await node.delivery.flush();
    expect((await node.statuses(channel)).map((one) => one.status)).toEqual(['read', 'sent']);
  });

  test('[DEL9] the members are told of a flush by one event, and in a large channel only one’s own devices', async () => {
    const users = await addUsers(201);
    const [ann, ben, cat] = users as [UserId, UserId, UserId];
    const small = await addChannel(database, [ann, ben, cat]);
    const large = await addChannel(database, users);
    const node = new TestDelivery(database);
    for (const channel of [small, large]) await node.say(ann, channel, 2);
    for (const reader of [ben, cat]) {
      for (const channel of [small, large]) node.read(reader, channel, 1);
      node.read(reader, small, 2);
    }
    await node.delivery.flush();
    const [event, ...more] = node.framesTo(small);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ t: 'receipts', channel: small });
    expect(event?.t === 'receipts' && event.receipts.map((one) => one.readSeq)).toEqual([2, 2]);
    expect(node.framesTo(large)).toEqual([]);
    expect(node.framesTo(ben).map((frame) => frame.t === 'cursor' && [frame.channel, frame.readSeq])).toEqual(
      expect.arrayContaining([
        [small, 2],
        [large, 1],
      ]),
    );
    const list = await node.delivery.list(await accessOf(database.db, ben, large));
    expect(list).toEqual({ receipts: [{ userId: ben, deliveredSeq: 1, readSeq: 1 }], memberCount: 201 });
  });

  test('only members are told of receipts', async () => {
    const [ann, eve] = (await addUsers(2)) as [UserId, UserId];
    const channel = await addChannel(database, [ann], 'public');
    const node = new TestDelivery(database);
    const [message] = await node.say(ann, channel);
    const access = await accessOf(database.db, eve, channel);
    expect(() => node.delivery.list(access)).toThrow(/join the channel/);
    expect(await codeOf(node.delivery.status(access, message as never))).toBe('forbidden');
  });
});

describe('unread counts', () => {
  test('[DEL5] the self-check finds what does not add up', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const channel = await addChannel(database, [ann, ben]);
    const node = new TestDelivery(database);
    await node.say(ann, channel, 3, [ben]);
    await node.delivery.flush();
    expect((await verifyUnread(database.db)).drifts).toEqual([]);
    await query(database.db, 'DELETE FROM messages WHERE channel_id = $1 AND seq = 2', [channel]);
    const { drifts, checked } = await verifyUnread(database.db);
    expect(checked).toBeGreaterThan(1);
    expect(drifts).toEqual([
      expect.objectContaining({ userId: ben, unread: 3, countedUnread: 2, mentions: 3, countedMentions: 2 }),
    ]);
    await query(database.db, 'DELETE FROM channels WHERE id = $1', [channel]);
  });
});
