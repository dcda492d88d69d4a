import { type MessageId, makeUuid } from '@parley/protocol';
import { accessOf } from '../../packages/server/src/channels/granted.ts';
import { demand } from '../../packages/server/src/channels/permissions.ts';
import { ReceiptLedger } from '../../packages/server/src/delivery/receipt-ledger.ts';
import { storeReports } from '../../packages/server/src/delivery/receipt-statement.ts';
import { readReach } from '../../packages/server/src/delivery/receipt-store.ts';
import { StatusFollower } from '../../packages/server/src/delivery/status-follower.ts';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { atLeast, atMost, type BenchOptions, type BenchResult, createResult, median, type Row } from '../bench.ts';
import { type BenchDatabase, openBenchDatabase } from '../send/database.ts';
import { addCrowd, addUsers, type Crowd } from './crowd.ts';

export const name = 'receipts';
export const description = 'a large channel reads 20 messages: a row per message and reader, cursors, gathered cursors';

const MESSAGES = 20;
const ROWS = 1_000;
const GATHERED = 'cursors, gathered for one flush';
const PER_MESSAGE = 'a row per message and reader';

/** What a side cost. */
interface Cost {
  ms: number;
  walMb: number;
}

type Side = (database: BenchDatabase, crowd: Crowd) => Promise<void>;

const SIDES: Record<string, Side> = {
  [PER_MESSAGE]: async ({ db }, { channelId, userIds }) => {
    for (let seq = 1; seq <= MESSAGES; seq++) {
      for (let start = 0; start < userIds.length; start += ROWS) {
        await query(
          db,
          'INSERT INTO bench_receipts (channel_id, seq, user_id) SELECT $1, $2, id FROM unnest($3::uuid[]) AS n(id)',
          [channelId, seq, userIds.slice(start, start + ROWS)],
        );
      }
    }
  },
  'cursors, stored at every message': async ({ pool }, { channelId, userIds }) => {
    for (let seq = 1; seq <= MESSAGES; seq++) {
      for (let start = 0; start < userIds.length; start += ROWS) {
        const reports = userIds
          .slice(start, start + ROWS)
          .map((userId) => ({ channelId, userId, report: { delivered: 0, read: seq, own: false } }));
        await storeReports(pool, reports);
      }
    }
  },
  [GATHERED]: async ({ pool }, { channelId, userIds }) => {
    const ledger = new ReceiptLedger({
      pool,
      clock: systemClock,
      onMoved: () => Promise.resolve(),
      onError: (error) => {
        throw error;
      },
    });
    for (let seq = 1; seq <= MESSAGES; seq++) {
      for (const userId of userIds) ledger.report(userId, channelId, { delivered: 0, read: seq, own: false });
    }
    await ledger.drain();
  },
};

async function walBytes({ db }: BenchDatabase): Promise<number> {
  const rows = await query<{ bytes: number }>(
    db,
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

async function measure(database: BenchDatabase, work: () => Promise<unknown>): Promise<Cost> {
  const before = await walBytes(database);
  const startedAt = performance.now();
  await work();
  const ms = performance.now() - startedAt;
  return { ms, walMb: ((await walBytes(database)) - before) / 1e6 };
}

/** Milliseconds of each of `count` runs, in the middle. */
async function middleMs(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < count; run++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

/** Direct conversations whose messages are delivered, then read: the status columns behind the cursors. */
async function followStatuses(database: BenchDatabase, pairs: number): Promise<Row> {
  const users = await addUsers(database, pairs + 1);
  const crowds: Crowd[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    crowds.push(await addCrowd(database, users.slice(pair, pair + 2), MESSAGES));
  }
  const follower = new StatusFollower({
    db: database.db,
    clock: systemClock,
    onError: (error) => {
      throw error;
    },
  });
  const before = await heapOnly(database);
  let cost: Cost = { ms: 0, walMb: 0 };
  for (const kind of ['delivered', 'read'] as const) {
    const reports = crowds.flatMap(({ channelId, userIds }) =>
      userIds.map((userId) => ({
        channelId,
        userId,
        report: { delivered: 0, read: 0, own: false, [kind]: MESSAGES },
      })),
    );
    await storeReports(database.pool, reports);
    for (const { channelId } of crowds) follower.note(channelId);
    const part = await measure(database, () => follower.flush());
    cost = { ms: cost.ms + part.ms, walMb: cost.walMb + part.walMb };
  }
  const after = await heapOnly(database);
  return {
    side: `status columns of ${pairs * MESSAGES} messages, delivered, then read`,
    ms: cost.ms,
    wal_mb: cost.walMb,
    rows_written: after.updates - before.updates,
    heap_only: (after.heapOnly - before.heapOnly) / (after.updates - before.updates),
  };
}

async function heapOnly({ db }: BenchDatabase): Promise<{ updates: number; heapOnly: number }> {
  await query(db, 'SELECT pg_stat_force_next_flush()');
  const rows = await query<{ updates: number; heapOnly: number }>(
    db,
    `SELECT n_tup_upd AS updates, n_tup_hot_upd AS "heapOnly" FROM pg_stat_user_tables WHERE relname = 'messages'`,
  );
  return rows[0] ?? { updates: 0, heapOnly: 0 };
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const members = quick ? 2_000 : 10_000;
  const rounds = quick ? 1 : 3;
  // One connection: the statistics of what it did are then its own.
  const database = await openBenchDatabase(1);
  try {
    await query(
      database.db,
      `CREATE TABLE bench_receipts (channel_id uuid, seq bigint, user_id uuid, at timestamptz DEFAULT now(), PRIMARY KEY (channel_id, seq, user_id))`,
    );
    const users = await addUsers(database, members);
    const costs = new Map<string, Cost[]>(Object.keys(SIDES).map((side) => [side, []]));
    let crowd = await addCrowd(database, users, MESSAGES);
    for (let round = 0; round < rounds; round++) {
      log(`receipts: round ${round + 1} of ${rounds}`);
      for (const [side, work] of Object.entries(SIDES)) {
        crowd = await addCrowd(database, users, MESSAGES);
        costs.get(side)?.push(await measure(database, () => work(database, crowd)));
      }
    }
    const figures = (side: string, of: (cost: Cost) => number) => (costs.get(side) ?? []).map(of);
    const rows: Row[] = [...costs].map(([side, list]) => ({
      side: `${members} members: ${side}`,
      ms: median(list.map((cost) => cost.ms)),
      wal_mb: median(list.map((cost) => cost.walMb)),
      rows_written: side === GATHERED ? members : members * MESSAGES,
      heap_only: null,
    }));
    const grant = demand(
      await accessOf(database.db, crowd.userIds[0] ?? (makeUuid() as never), crowd.channelId),
      'message.history',
    );
    const messageId = crowd.messageId as MessageId;
    const reachMs = await middleMs(quick ? 20 : 100, () => readReach(database.db, grant, messageId));
    rows.push({
      side: `who has read a message, of ${members}`,
      ms: reachMs,
      wal_mb: 0,
      rows_written: 0,
      heap_only: null,
    });
    const follow = await followStatuses(database, quick ? 100 : 500);
    rows.push(follow);
    const ratio = (of: (cost: Cost) => number): number =>
      median(figures(PER_MESSAGE, of).map((value, round) => value / (figures(GATHERED, of)[round] ?? Number.NaN)));
    const [time, wal] = [ratio((cost) => cost.ms), ratio((cost) => cost.walMb)];
    return createResult(name, {
      rows,
      ratios: { [`time: ${PER_MESSAGE} / gathered`]: time, [`log: ${PER_MESSAGE} / gathered`]: wal },
      budgets: [
        atLeast('time of a row per message and reader / gathered', time, 3),
        atLeast('log of a row per message and reader / gathered', wal, 20),
        atLeast('heap-only share of status updates', Number(follow.heap_only), 0.9),
        atMost('who has read a message, ms', reachMs, 25),
      ],
    });
  } finally {
    await database.remove();
  }
}
