import type { ChannelId, UserId } from '@parley/protocol';
import { systemClock } from '../packages/server/src/lib/clock.ts';
import { Indexer } from '../packages/server/src/search/indexer.ts';
import { Search } from '../packages/server/src/search/search.ts';
import { query } from '../packages/server/src/storage/postgres.ts';
import { atLeast, atMost, type BenchOptions, type BenchResult, createResult, median, type Row } from './bench.ts';
import { type BenchDatabase, openBenchDatabase } from './send/database.ts';

export const name = 'search';
export const description = 'filling the search index behind the messages, and searching in 20 of 200 channels';

const CHANNELS = 200;
const OWN_CHANNELS = 20;
const VOCABULARY = 30_000;

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

/** Fills channels so that the first holds far more than the last, with words as unequal as in a language. */
async function fill({ db }: BenchDatabase, channels: readonly string[], users: readonly string[], count: number) {
  await query(
    db,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, created_at)
     SELECT c, c, row_number() OVER (PARTITION BY place ORDER BY n), 2 + row_number() OVER (PARTITION BY place ORDER BY n),
            gen_random_uuid(), ($2::uuid[])[1 + n % ${CHANNELS}],
            (SELECT string_agg('w' || floor(${VOCABULARY} * power(random(), 4) + 0 * n + 0 * g), ' ') FROM generate_series(1, 12) g)
              || CASE WHEN n % 50 = 0 THEN ' https://example.org' ELSE '' END,
            now() - make_interval(secs => ($3::int - n) * 10)
       FROM (SELECT n, 1 + floor(${CHANNELS} * power(random(), 3))::int AS place FROM generate_series(1, $3::int) n) one
      CROSS JOIN LATERAL (SELECT ($1::uuid[])[place] AS c) channel`,
    [channels, users, count],
  );
  await query(
    db,
    `UPDATE channels c SET last_seq = m.seq, last_rev = m.rev
       FROM (SELECT channel_id, max(seq) AS seq, max(rev) AS rev FROM messages GROUP BY channel_id) m WHERE m.channel_id = c.id`,
  );
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

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const count = quick ? 100_000 : 1_000_000;
  const database = await openBenchDatabase(4);
  try {
    const { users, channels } = await database.seed(CHANNELS);
    log(`search: writing ${count} messages`);
    await fill(database, channels as ChannelId[], users, count);
    const userId = (users[CHANNELS / 2] ?? '') as UserId;
    await letIn(database, channels, userId);
    log('search: indexing them');
    const indexer = new Indexer({ db: database.db, clock: systemClock, onFault: (error) => log(String(error)) });
    const startedAt = performance.now();
    await indexer.catchUp();
    const perSecond = count / ((performance.now() - startedAt) / 1_000);
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
        { side: `index of ${count} messages`, per_second: perSecond, bytes_each: (size?.bytes ?? 0) / count },
        ...rows,
      ],
      ratios: {},
      budgets: [atLeast('messages indexed per second', perSecond, 2_000), atMost('slowest search, ms', worstMs, 1_000)],
    });
  } finally {
    await database.remove();
  }
}
