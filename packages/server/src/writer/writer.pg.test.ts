import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideSend } from '../channels/decide-send.ts';
import type { BusPayload } from '../fanout/bus.ts';
import { Fanout } from '../fanout/fanout.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { AppError } from '../lib/app-error.ts';
import type { SendEntry, SendOutcome } from '../queue/send-entry.ts';
import { openPostgres, query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { entryOf } from '../testing/test-entry.ts';
import { Changes } from './change.ts';
import { Writer } from './writer.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

function setUp(pool: pg.Pool = database.pool) {
  const bus = new MemoryBus();
  const payloads: BusPayload[] = [];
  bus.publish = (_topic, payload) => void payloads.push(payload);
  const fanout = new Fanout(bus);
  const parked: SendEntry[] = [];
  const paths: string[] = [];
  const writer = new Writer({
    pool,
    fanout,
    decideSend,
    onCommit: () => {},
    onParked: (entry) => void parked.push(entry),
    onBatch: (_size, path) => void paths.push(path),
  });
  return { writer, fanout, payloads, parked, paths, changes: new Changes(database.db, fanout) };
}

const codeOf = (outcome: SendOutcome | undefined) => (outcome instanceof AppError ? outcome.code : 'sent');

async function rowsOf(channelId: ChannelId): Promise<{ seq: number; rev: number; id: string }[]> {
  return query(database.db, 'SELECT seq, rev, id FROM messages WHERE channel_id = $1 ORDER BY seq', [channelId]);
}

describe('the writer', () => {
  test('[ROAD1] gives the messages of a batch the next places of their channels, in order', async () => {
    const { writer, payloads } = setUp();
    const alice = await addUser(database, 'order-alice');
    const one = await addChannel(database, [alice]);
    const two = await addChannel(database, [alice]);
    const batch = [one, two, one, one, two].map((channel) => entryOf(channel, alice, { accessRev: 1 }));
    const outcomes = await writer.write(batch);
    expect(
      outcomes.map((outcome) => (outcome instanceof AppError ? outcome.code : [outcome.seq, outcome.rev])),
    ).toEqual([
      [1, 2],
      [1, 2],
      [2, 3],
      [3, 4],
      [2, 3],
    ]);
    const batches = payloads.filter((payload) => payload.kind === 'batch');
    expect(batches.map((payload) => payload.events.map((event) => event.rev))).toEqual([
      [2, 3, 4],
      [2, 3],
    ]);
  });

  test('[ROAD15] quotes an earlier message of the channel or none, in the table as in the event', async () => {
    const { writer, payloads } = setUp();
    const alice = await addUser(database, 'quote-alice');
    const channel = await addChannel(database, [alice]);
    const quote = (replyTo: number) => entryOf(channel, alice, { accessRev: 1, replyTo });
    // Alone and in a batch: each has a statement of its own.
    for (const batch of [[quote(1)], [quote(1)], [quote(0), quote(2), quote(5), quote(999_999)], [quote(999_999)]])
      await writer.write(batch);
    const expected = [null, 1, null, 2, null, null, null];
    const rows = await query(database.db, 'SELECT reply_to FROM messages WHERE channel_id = $1 ORDER BY seq', [
      channel,
    ]);
    expect(rows).toEqual(expected.map((reply_to) => ({ reply_to })));
    const events = payloads.flatMap((payload) => (payload.kind === 'batch' ? payload.events : []));
    const told = events.map(
      ({ json }) => (JSON.parse(json) as { message: { replyTo?: number } }).message.replyTo ?? null,
    );
    expect(told).toEqual(expected);
  });

  test('[ROAD2] a repeat gets the first result, in the same batch, in a later one, and from another writer', async () => {
    const { writer } = setUp();
    const bob = await addUser(database, 'repeat-bob');
    const channel = await addChannel(database, [bob]);
    const entry = entryOf(channel, bob, { accessRev: 1 });
    const [first, again] = await writer.write([entry, entry]);
    const [later] = await setUp().writer.write([entry]);
    expect(again).toEqual(first);
    expect(later).toEqual(first);
    expect(await rowsOf(channel)).toHaveLength(1);
  });

  test('[ROAD2] a repeat of what was changed since gets the first one’s place and time, and the rev of the change', async () => {
    const { writer, changes } = setUp();
    const bob = await addUser(database, 'repeat-changed-bob');
    const channel = await addChannel(database, [bob]);
    const entry = entryOf(channel, bob, { accessRev: 1 });
    const [first] = await writer.write([entry]);
    const rev = await changes.run(channel, async (change) => {
      const taken = change.takeRev();
      await query(change.tx, `UPDATE messages SET body = 'changed', rev = $2 WHERE id = $1`, [entry.id, taken]);
      change.emit({ t: 'members', channel, rev: taken, joined: [], left: [], memberCount: 1 });
      return taken;
    });
    const [again] = await writer.write([entry]);
    expect(first).toMatchObject({ seq: 1 });
    expect(again).toEqual(Object.assign({}, first, { rev }));
  });

  test('[ROAD3] an id that somebody else used is refused, and nothing of theirs is told', async () => {
    const { writer } = setUp();
    const carol = await addUser(database, 'taken-carol');
    const dave = await addUser(database, 'taken-dave');
    const channel = await addChannel(database, [carol, dave]);
    const theirs = entryOf(channel, carol, { accessRev: 2 });
    const mine = { ...entryOf(channel, dave, { accessRev: 2 }), id: theirs.id };
    expect((await writer.write([theirs, mine])).map(codeOf)).toEqual(['sent', 'id_taken']);
    expect((await writer.write([mine])).map(codeOf)).toEqual(['id_taken']);
  });

  test('[ACC1] a member removed after the send was allowed cannot commit it, however the two race', async () => {
    const { writer, changes } = setUp();
    const owner = await addUser(database, 'kick-owner');
    for (let round = 0; round < 20; round++) {
      const victim = await addUser(database, `kick-victim-${round}`);
      const channel = await addChannel(database, [owner, victim]);
      const sends = Array.from({ length: 8 }, (_, index) =>
        writer.write([entryOf(channel, index % 2 ? owner : victim, { accessRev: 2 })]),
      );
      const kick = changes.run(channel, async (change) => {
        const rev = change.takeRev();
        await query(
          change.tx,
          'UPDATE channel_members SET left_at = now(), rev = $3 WHERE channel_id = $1 AND user_id = $2',
          [channel, victim, rev],
        );
        change.voidAccess();
        change.emit({ t: 'members', channel, rev, joined: [], left: [victim], memberCount: 1 }, { left: [victim] });
        return rev;
      });
      const [kickRev] = await Promise.all([kick, ...sends]);
      const late = await query<{ rev: number }>(
        database.db,
        'SELECT rev FROM messages WHERE channel_id = $1 AND sender_id = $2 AND rev > $3',
        [channel, victim, kickRev],
      );
      expect(late).toEqual([]);
      expect((await writer.write([entryOf(channel, victim, { accessRev: 2 })])).map(codeOf)).toEqual(['not_found']);
    }
  });

  test('[ROAD4] a row the database refuses is set aside, and the rest of its batch is stored', async () => {
    const { writer, parked } = setUp();
    const erin = await addUser(database, 'poison-erin');
    const channel = await addChannel(database, [erin]);
    const batch = Array.from({ length: 9 }, (_, index) =>
      entryOf(channel, erin, { accessRev: 1, body: index === 4 ? 'bad \0' : 'good' }),
    );
    const outcomes = await writer.write(batch);
    expect(outcomes.map(codeOf)).toEqual(['sent', 'sent', 'sent', 'sent', 'parked', 'sent', 'sent', 'sent', 'sent']);
    expect(parked.map((entry) => entry.id)).toEqual([batch[4]?.id]);
    expect((await rowsOf(channel)).map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('[ROAD11] a database that is stuck or refuses everything is no fault of the message: it waits and is stored later', async () => {
    const { parked } = setUp();
    const lucy = await addUser(database, 'stuck-lucy');
    const channel = await addChannel(database, [lucy]);
    const impatient = openPostgres({
      connection: database.database.config,
      maxConnections: 2,
      statementTimeoutMs: 2_000,
      onError: () => {},
    });
    const stuck = setUp(impatient.pool);
    const entry = entryOf(channel, lucy, { accessRev: 1 });
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM channels WHERE id = $1 FOR UPDATE', [channel]);
    await expect(stuck.writer.write([entry])).rejects.toMatchObject({ name: 'AwayError', maybeCommitted: false });
    await holder.query('ROLLBACK');
    holder.release();
    expect((await stuck.writer.write([entry])).map(codeOf)).toEqual(['sent']);
    expect([...parked, ...stuck.parked]).toEqual([]);
    await impatient.close();
  });

  test('[ROAD5] writers that race over the same channels and the same ids leave no gap, no double and one answer', async () => {
    const users = await Promise.all(['frank', 'grace', 'heidi'].map((name) => addUser(database, `race-${name}`)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.nat(20), fc.nat(2)), { minLength: 20, maxLength: 120 }),
        async (plan) => {
          const channels = await Promise.all([0, 1, 2, 3].map(() => addChannel(database, users)));
          const ids = Array.from({ length: 21 }, () => makeUuid() as MessageId);
          const entries = plan.map(([channel, id, user]) =>
            entryOf(channels[channel] as ChannelId, users[user] as UserId, { accessRev: 3, id: ids[id] as MessageId }),
          );
          const writers = [setUp().writer, setUp().writer, setUp().writer];
          const outcomes = new Map<SendEntry, SendOutcome>();
          await Promise.all(
            writers.map(async (writer, lane) => {
              const mine = entries.filter((_, index) => index % writers.length === lane);
              for (let start = 0; start < mine.length; start += 7) {
                const batch = mine.slice(start, start + 7);
                for (const [index, outcome] of (await writer.write(batch)).entries())
                  outcomes.set(batch[index] as SendEntry, outcome);
              }
            }),
          );
          const told = new Map<string, number>();
          for (const [entry, outcome] of outcomes) {
            if (outcome instanceof AppError) expect(outcome.code).toBe('id_taken');
            else {
              const key = entry.channelId + entry.id;
              expect(told.get(key) ?? outcome.seq).toBe(outcome.seq);
              told.set(key, outcome.seq);
            }
          }
          for (const channel of channels) {
            const rows = await rowsOf(channel);
            expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
            expect(rows.map((row) => row.rev)).toEqual(rows.map((_, index) => index + 4));
            for (const row of rows) expect(told.get(channel + row.id)).toBe(row.seq);
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  test('[ROAD6] a reply in a thread takes seq from the thread and rev from its root', async () => {
    const { writer } = setUp();
    const ivan = await addUser(database, 'thread-ivan');
    const root = await addChannel(database, [ivan]);
    const thread = makeUuid() as ChannelId;
    await query(database.db, `INSERT INTO channels (id, kind, root_id, root_seq) VALUES ($1, 'thread', $2, 1)`, [
      thread,
      root,
    ]);
    const outcomes = await writer.write([
      entryOf(root, ivan, { accessRev: 1 }),
      entryOf(thread, ivan, { accessRev: 1, rootId: root }),
      entryOf(root, ivan, { accessRev: 1 }),
    ]);
    expect(outcomes).toMatchObject([
      { seq: 1, rev: 2 },
      { seq: 1, rev: 3 },
      { seq: 2, rev: 4 },
    ]);
  });
});
