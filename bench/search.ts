import type { UserId } from '@parley/protocol';
import { systemClock } from '../packages/server/src/lib/clock.ts';
import { Indexer } from '../packages/server/src/search/indexer.ts';
import { Search } from '../packages/server/src/search/search.ts';
import { query } from '../packages/server/src/storage/postgres.ts';
import { atLeast, atMost, type BenchOptions, type BenchResult, createResult, median, type Row } from './bench.ts';
import { type BenchDatabase, buildIndex, openBenchDatabase } from './send/database.ts';

export const name = 'search';
export const description = 'filling the search index behind the messages, and searching in 20 of 200 channels';

const CHANNELS = 200;
const OWN_CHANNELS = 20;
const VOCABULARY = 30_000;
/** Messages whose indexing is measured, at the end of the others. */
const MEASURED = 50_000;

/** Words by how common they are: word n is the n-th most common of the vocabulary. */
const ASKED: Record<string, (round: number) => string> = {
  'a very common word': (round) => `"w${round % 3}"`,
  'a common beginning': (round) => `w${1 + (round % 9)}`,
  'a medium word': (round) => `"w${200 + round}"`,
  'a rare word': (round) => `"w${20_000 + round * 7}"`,
  'two words': (round) => `"w${20 + round}" "w${3 + (round % 10)}"`,
  'a phrase': (round) => `"w${round % 5} w${(round + 1) % 7}"`,
  'a part of a word': (round) => `${10_000 + round * 13}`,
  'a word that is nowhere': (round) => `nowhere${round}x`,
  'only filters': () => 'from:bench-1 has:link',
};

/** Messages of one statement: each has its time limit. */
const PORTION = 100_000;

/**
 * Adds messages up to number `to`, so that the first channel holds far more than the last, with words as unequal as in a
 * language.
 */
async function fill(
  { db }: BenchDatabase,
  channels: readonly string[],
  users: readonly string[],
  [from, to]: readonly [number, number],
) {
  for (let first = from + 1; first <= to; first += PORTION) {
    await query(
      db,
      `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, created_at)
       SELECT c.id, c.id, c.last_seq + row_number() OVER channel, c.last_rev + row_number() OVER channel,
              gen_random_uuid(), ($2::uuid[])[1 + n % ${CHANNELS}],
              (SELECT string_agg('w' || floor(${VOCABULARY} * power(random(), 4) + 0 * n + 0 * g), ' ') FROM generate_series(1, 12) g)
                || CASE WHEN n % 50 = 0 THEN ' https://example.org' ELSE '' END,
              now() - make_interval(secs => ($5::int - n) * 10)
         FROM (SELECT n, 1 + floor(${CHANNELS} * power(random(), 3))::int AS place FROM generate_series($3::int, $4::int) n) one
         JOIN channels c ON c.id = ($1::uuid[])[place]
       WINDOW channel AS (PARTITION BY place ORDER BY n)`,
      [channels, users, first, Math.min(to, first + PORTION - 1), to],
    );
    await query(
      db,
      `UPDATE channels c SET last_seq = m.seq, last_rev = m.rev
         FROM (SELECT channel_id, max(seq) AS seq, max(rev) AS rev FROM messages GROUP BY channel_id) m WHERE m.channel_id = c.id`,
    );
  }
  await query(db, 'VACUUM ANALYZE messages');
}

/** Lets one user into the hottest channels and others down the list. */
async function letIn({ db }: BenchDatabase, channels: readonly string[], userId: UserId): Promise<void> {
  const own = Array.from({ length: OWN_CHANNELS }, (_, index) => channels[index * (CHANNELS / OWN_CHANNELS)]);
  await query(
    db,
    `INSERT INTO channel_members (channel_id, user_id, role, rev) SELECT unnest($1::uuid[]), $2, 'member', 1
     ON CONFLICT DO NOTHING`,
    [own, userId],
  );
}

async function measure(search: Search, userId: UserId, rounds: number): Promise<{ rows: Row[]; worstMs: number }> {
  const rows: Row[] = [];
  let worstMs = 0;
  for (const [side, textOf] of Object.entries(ASKED)) {
    const timesMs: number[] = [];
    const found: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      const page = await search.page(userId, { query: textOf(round), limit: 20 });
      timesMs.push(performance.now() - startedAt);
      found.push(page.results.length);
    }
    timesMs.sort((a, b) => a - b);
    const slowestMs = timesMs.at(-1) ?? Number.NaN;
    worstMs = Math.max(worstMs, slowestMs);
    rows.push({ side, p50_ms: median(timesMs), slowest_ms: slowestMs, found_p50: median(found) });
  }
  return { rows, worstMs };
}

/** Indexes what is there as the server does, but for the GIN indexes, which are made at the end: hours become minutes. */
async function indexInBulk(database: BenchDatabase, indexer: Indexer, log: (line: string) => void): Promise<void> {
  const gin = await query<{ name: string; definition: string }>(
    database.db,
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
      WHERE i.indrelid = 'message_search'::regclass AND a.amname = 'gin'`,
  );
  for (const { name: index } of gin) await query(database.db, `DROP INDEX ${index}`);
  await query(database.db, 'ALTER TABLE message_search SET UNLOGGED');
  await indexer.catchUp();
  await query(database.db, 'ALTER TABLE message_search SET LOGGED');
  for (const { name: index, definition } of gin) {
    log(`search: making ${index}`);
    await buildIndex(database, definition);
  }
}

/** What the indexer does with all indexes in place, at the end of a store of this size. */
async function measureIndexing(database: BenchDatabase, indexer: Indexer, count: number): Promise<number> {
  await query(database.db, 'CHECKPOINT');
  const startedAt = performance.now();
  await indexer.catchUp();
  return count / ((performance.now() - startedAt) / 1_000);
}

export async function run({ quick, size: asked, log }: BenchOptions): Promise<BenchResult> {
  const count = asked ?? (quick ? 100_000 : 1_000_000);
  const database = await openBenchDatabase(4);
  try {
    const { users, channels } = await database.seed(CHANNELS);
    const last = Math.min(MEASURED, count / 2);
    log(`search: writing ${count} messages`);
    await fill(database, channels, users, [0, count - last]);
    const userId = (users[CHANNELS / 2] ?? '') as UserId;
    await letIn(database, channels, userId);
    log(`search: indexing ${count - last} of them in bulk`);
    const indexer = new Indexer({ db: database.db, clock: systemClock, onFault: (error) => log(String(error)) });
    await indexInBulk(database, indexer, log);
    await fill(database, channels, users, [count - last, count]);
    log(`search: indexing the last ${last} as they come`);
    const perSecond = await measureIndexing(database, indexer, last);
    await query(database.db, 'VACUUM ANALYZE message_search');
    const [size] = await query<{ bytes: number }>(
      database.db,
      `SELECT pg_total_relation_size('message_search') AS bytes`,
    );
    const search = new Search(database.db, systemClock);
    await measure(search, userId, 2);
    const { rows, worstMs } = await measure(search, userId, quick ? 20 : 100);
    return createResult(name, {
      rows: [
        {
          side: `index of ${count} messages, the last ${last} one batch after the other`,
          per_second: perSecond,
          bytes_each: (size?.bytes ?? 0) / count,
        },
        ...rows,
      ],
      ratios: {},
      budgets: [atLeast('messages indexed per second', perSecond, 2_000), atMost('slowest search, ms', worstMs, 1_000)],
    });
  } finally {
    await database.remove();
  }
}
