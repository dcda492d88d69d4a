import type { UserId } from '@parley/protocol';
import { readUnread } from '../../packages/server/src/delivery/unread.ts';
import { verifyUnread } from '../../packages/server/src/delivery/verify-unread.ts';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { Sync } from '../../packages/server/src/sync/sync.ts';
import { atMost, type BenchOptions, type BenchResult, createResult } from '../bench.ts';
import { addUsers } from '../receipts/crowd.ts';
import { type BenchDatabase, openBenchDatabase } from '../send/database.ts';

export const name = 'unread';
export const description = 'unread and mention counts of a user in 500 channels, and the recount that checks them';

const CHANNELS = 500;
const PORTION = 50;

/** Fills channels with messages; a fifth of a user's channels is unread, and one unread message in ten mentions him. */
async function fill({ db }: BenchDatabase, users: UserId[], channels: number, messages: number): Promise<void> {
  await query(
    db,
    `INSERT INTO channels (id, kind, name, root_id, last_seq, last_rev, member_count)
     SELECT one.id, 'private', 'bench', one.id, $2, $2, $3::int
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one`,
    [channels, messages, users.length],
  );
  await query(
    db,
    `INSERT INTO channel_members (channel_id, user_id, role, rev, delivered_seq, read_seq)
     SELECT c.id, u.id, 'member', 0, c.last_seq,
            CASE WHEN (row_number() OVER () + u.place) % 5 = 0 THEN c.last_seq * 8 / 10 ELSE c.last_seq END
       FROM channels c CROSS JOIN unnest($1::uuid[]) WITH ORDINALITY AS u(id, place)`,
    [users],
  );
  // In portions, each within the time that a statement has on a slow machine.
  for (let from = 1; from <= messages; from += PORTION) {
    await query(
      db,
      `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, mentions)
       SELECT c.id, c.id, n, n, gen_random_uuid(), gen_random_uuid(), 'hello there',
              CASE WHEN n % 10 = 0 THEN $3::uuid[] END
         FROM channels c CROSS JOIN generate_series($1::int, $2::int) n`,
      [from, Math.min(messages, from + PORTION - 1), users.slice(0, 1)],
    );
  }
  await query(
    db,
    `INSERT INTO mentions (user_id, channel_id, seq) SELECT unnest(mentions), channel_id, seq FROM messages WHERE mentions IS NOT NULL`,
  );
  await query(db, 'ANALYZE');
}

async function percentiles(count: number, work: () => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let run = 0; run < count; run++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const messages = quick ? 50 : 1_000;
  const runs = quick ? 50 : 300;
  const database = await openBenchDatabase(1);
  try {
    log(`unread: storing ${CHANNELS * messages} messages`);
    const users = await addUsers(database, 10);
    const [user] = users;
    if (user === undefined) throw new Error('unable to measure; there is no user');
    await fill(database, users, CHANNELS, messages);
    const sync = new Sync(database.db, () => '');
    log('unread: measuring');
    await percentiles(20, () => readUnread(database.pool, user));
    const unread = await percentiles(runs, () => readUnread(database.pool, user));
    const list = await percentiles(runs, () => sync.places(user));
    const startedAt = performance.now();
    const check = await verifyUnread(database.db);
    const checkMs = performance.now() - startedAt;
    return createResult(name, {
      rows: [
        { what: `unread and mentions of ${CHANNELS} channels`, p50_ms: unread.p50, p99_ms: unread.p99, total_ms: null },
        { what: `the same with the channels themselves`, p50_ms: list.p50, p99_ms: list.p99, total_ms: null },
        { what: `recount of ${check.checked} memberships`, p50_ms: null, p99_ms: null, total_ms: checkMs },
      ],
      ratios: {},
      budgets: [
        atMost(`unread of a user in ${CHANNELS} channels, p50 ms`, unread.p50, 3),
        atMost('counts that differ from the recount', check.drifts.length, 0),
      ],
    });
  } finally {
    await database.remove();
  }
}
