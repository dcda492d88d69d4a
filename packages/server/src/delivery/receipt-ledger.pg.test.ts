import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { openPostgres, query } from '../storage/postgres.ts';
import { startCuttableProxy } from '../testing/cuttable-proxy.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TestDelivery } from '../testing/test-delivery.ts';
import { waitFor } from '../testing/wait-for.ts';
import { ReceiptLedger } from './receipt-ledger.ts';
import type { ChannelMove } from './receipt-statement.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

/** A pool that counts the statements and rows of what passes. */
function counting(pool: pg.Pool) {
  const counts = { statements: 0, rows: 0 };
  const query = async (config: pg.QueryConfig) => {
    const result = await pool.query(config);
    counts.statements += 1;
    counts.rows += result.rowCount ?? 0;
    return result;
  };
  return { counts, pool: { query } as unknown as pg.Pool };
}

function ledgerOn(pool: pg.Pool, more: { clock?: FakeClock; maxPairs?: number } = {}) {
  const moved: ChannelMove[] = [];
  const unsure: UserId[] = [];
  const errors: unknown[] = [];
  const ledger = new ReceiptLedger(
    {
      pool,
      clock: more.clock ?? new FakeClock(),
      onMoved: async (moves, others) => {
        moved.push(...moves);
        unsure.push(...others.map(({ userId }) => userId));
      },
      onError: (error) => void errors.push(error),
    },
    more.maxPairs,
  );
  return { ledger, moved, unsure, errors };
}

/** A pool that loses the first answer with its connection, after the statement has been carried out. */
function losingTheFirst(pool: pg.Pool): pg.Pool {
  let isLost = false;
  const query = async (config: pg.QueryConfig) => {
    const result = await pool.query(config);
    if (isLost) return result;
    isLost = true;
    throw new Error('Connection terminated unexpectedly');
  };
  return { query } as unknown as pg.Pool;
}

const read = (seq: number) => ({ delivered: 0, read: seq, own: false });

/** A channel of many members with 20 messages by somebody who has left. */
async function addCrowd(members: number): Promise<{ channel: ChannelId; users: UserId[] }> {
  const users = Array.from({ length: members }, () => makeUuid() as UserId);
  await query(
    database.db,
    `INSERT INTO users (id, username, display_name) SELECT id, 'crowd-' || id, 'one of many' FROM unnest($1::uuid[]) AS n(id)`,
    [users],
  );
  const channel = await addChannel(database, users);
  await query(
    database.db,
    `WITH said AS (
       INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
       SELECT $1, $1, seq, 1000000 + seq, gen_random_uuid(), gen_random_uuid(), 'hello' FROM generate_series(1, 20) seq)
     UPDATE channels SET last_seq = 20, last_rev = 1000020 WHERE id = $1`,
    [channel],
  );
  return { channel, users };
}

describe('the receipt ledger', () => {
  test('[DEL10] 10,000 members who read 20 messages cost 10,000 rows in a few statements, not 200,000', async () => {
    const { channel, users } = await addCrowd(10_000);
    const { pool, counts } = counting(database.pool);
    const { ledger, moved } = ledgerOn(pool);
    for (let seq = 1; seq <= 20; seq++) for (const userId of users) ledger.report(userId, channel, read(seq));
    expect(ledger.depth).toBe(10_000);
    await ledger.flush();
    expect(counts).toEqual({ statements: 5, rows: 10_000 });
    expect(moved).toHaveLength(10_000);
    // What was said once more moves nothing, and writes nothing.
    for (const userId of users.slice(0, 2_000)) ledger.report(userId, channel, read(20));
    await ledger.flush();
    expect(counts).toEqual({ statements: 6, rows: 10_000 });
  });

  test('flushes by itself: soon after a quiet time, then once per period', async () => {
    const { channel, users } = await addCrowd(3);
    const clock = new FakeClock();
    const { ledger, moved } = ledgerOn(database.pool, { clock });
    const [ann, ben] = users as [UserId, UserId];
    ledger.report(ann, channel, read(1));
    await clock.advance(20);
    await waitFor('the first report is stored', () => moved.length === 1 && ledger.depth === 0);
    await ledger.flush();
    ledger.report(ann, channel, read(2));
    ledger.report(ben, channel, read(2));
    await clock.advance(470);
    expect(ledger.depth).toBe(2);
    await clock.advance(30);
    await waitFor('the others are stored', () => moved.length === 3);
  });

  test('[DEL8] above the bound a report is busy, while those who wait already may say more', async () => {
    const { channel, users } = await addCrowd(4);
    const { ledger, moved } = ledgerOn(database.pool, { maxPairs: 3 });
    const answers = users.map((userId) => ledger.report(userId, channel, read(1)));
    expect(answers.map((answer) => answer?.code)).toEqual([undefined, undefined, undefined, 'busy']);
    expect(answers[3]).toBeInstanceOf(AppError);
    expect(answers[3]?.retryAfterMs).toBeGreaterThan(0);
    expect(ledger.report(users[0] as UserId, channel, read(2))).toBeUndefined();
    await ledger.flush();
    expect(moved).toHaveLength(3);
    expect(ledger.report(users[3] as UserId, channel, read(1))).toBeUndefined();
  });

  test('[DEL4] [DEL9] who moves behind what he has sent is told on his own devices, and nobody else is', async () => {
    const ann = (await addCrowd(1)).users[0] as UserId;
    const channel = await addChannel(database, [ann]);
    await query(
      database.db,
      `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, kind, status)
       VALUES ($1, $1, 1, 2, gen_random_uuid(), $2, 'mine', 'text', 'sent')`,
      [channel, ann],
    );
    await query(database.db, 'UPDATE channels SET last_seq = 1, last_rev = 2 WHERE id = $1', [channel]);
    const { ledger, moved, unsure } = ledgerOn(database.pool);
    ledger.report(ann, channel, { delivered: 0, read: 0, own: true });
    await ledger.flush();
    expect({ moved, unsure }).toEqual({ moved: [], unsure: [ann] });
    ledger.report(ann, channel, { delivered: 0, read: 0, own: true });
    await ledger.flush();
    expect({ moved, unsure }).toEqual({ moved: [], unsure: [ann] });
  });

  test('[DEL8] what was stored with its answer lost is told with the next statement, though that moves nothing', async () => {
    const { channel, users } = await addCrowd(2);
    const [ann, ben] = users as [UserId, UserId];
    const { ledger, moved, unsure } = ledgerOn(losingTheFirst(database.pool));
    ledger.report(ann, channel, read(1));
    await expect(ledger.flush()).rejects.toThrow('terminated');
    ledger.report(ben, channel, read(2));
    await ledger.flush();
    expect(moved.map(({ userId }) => userId)).toEqual([ben]);
    expect(unsure).toEqual([ann]);
  });

  test('[DEL8] reports wait while the database is away, and are stored once it is back', async () => {
    const { host = '', port = 0 } = database.database.config;
    const proxy = await startCuttableProxy(`${host}/.s.PGSQL.${port}`);
    const way = openPostgres({
      connection: { ...database.database.config, host: '127.0.0.1', port: proxy.port },
      maxConnections: 3,
      statementTimeoutMs: 10_000,
      onError: () => {},
    });
    try {
      const ann = await addUser(database, 'away-ann');
      const ben = await addUser(database, 'away-ben');
      const channel = await addChannel(database, [ann, ben]);
      const node = new TestDelivery(database, { pool: way.pool, clock: systemClock });
      await node.say(ann, channel, 9);
      node.read(ben, channel, 3);
      await node.delivery.flush();
      proxy.cut();
      node.read(ben, channel, 7);
      await waitFor('a flush has failed', () => node.errors.length > 0);
      node.read(ben, channel, 5);
      node.delivered(ben, channel, 9);
      expect(node.delivery.depth).toBe(1);
      proxy.mend();
      await waitFor('all is stored', () => node.delivery.depth === 0);
      await node.delivery.flush();
      expect(await node.cursors(ben, channel)).toEqual({ deliveredSeq: 9, readSeq: 7, markedSeq: null });
      await node.delivery.drain();
    } finally {
      await way.close();
      await proxy.close();
    }
  });

  test('a drain stores what waits, and the ledger is quiet afterwards', async () => {
    const { channel, users } = await addCrowd(2);
    const clock = new FakeClock();
    const { ledger, moved, errors } = ledgerOn(database.pool, { clock });
    ledger.report(users[0] as UserId, channel, read(4));
    await ledger.drain();
    expect(moved).toHaveLength(1);
    expect(errors).toEqual([]);
  });
});
