import { readUnread } from '../../packages/server/src/delivery/unread.ts';
import { History } from '../../packages/server/src/messages/history.ts';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { Sync } from '../../packages/server/src/sync/sync.ts';
import { atMost, type BenchOptions, type BenchResult, type Budget, createResult, type Row } from '../bench.ts';
import { openBenchDatabase } from '../send/database.ts';
import { createStore, growTo, type Store } from './store.ts';

export const name = 'history';
export const description =
  'pages at any depth, changes and unread, from 100,000 messages up (--large: ten million), without the cache';

const PAGE = 50;
/** Behind by so many revs, as after a while without network. */
const BEHIND = 50;
/** A page at any depth costs about the same: an index is one level deeper at most. */
const MOST_GROWTH = 3;

type Times = Record<string, number>;

/** What is asked, by name. Places differ each time, or one page would be read from the nearest cache again and again. */
function questionsOf({
  database,
  userId,
  channels,
  largest,
}: Store): Record<string, (round: number) => Promise<unknown>> {
  const history = new History(database.db);
  const sync = new Sync(database.db, () => '');
  const [channelId] = channels;
  if (channelId === undefined) throw new Error('unable to measure; there is no channel');
  const page = (input: object) => history.page(userId, { channelId, limit: PAGE, ...input });
  const at = (share: number, round: number): number =>
    Math.max(PAGE, Math.floor(largest * share) + ((round * 997) % Math.max(1, Math.floor(largest / 100))));
  return {
    'latest page': () => page({}),
    'page near the end': (round) => page({ before: at(0.98, round) }),
    'page in the middle': (round) => page({ before: at(0.5, round) }),
    'page near the beginning': (round) => page({ before: at(0.01, round) }),
    'by offset, from the middle': (round) => page({ offset: Math.floor(largest / 2) - round }),
    'around a message': (round) => page({ around: at(0.3, round) }),
    'changes of 50 revs': () => sync.changesFor(userId, channelId, largest - BEHIND),
    'unread of 500 channels': () => readUnread(database.pool, userId),
  };
}

async function measure(store: Store, rounds: number): Promise<{ p50: Times; p99: Times }> {
  const p50: Times = {};
  const p99: Times = {};
  for (const [question, ask] of Object.entries(questionsOf(store))) {
    for (let round = 0; round < 10; round++) await ask(round);
    const timesMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now();
      await ask(round);
      timesMs.push(performance.now() - startedAt);
    }
    timesMs.sort((a, b) => a - b);
    p50[question] = timesMs[Math.floor(rounds / 2)] ?? Number.NaN;
    p99[question] = timesMs[Math.floor(rounds * 0.99)] ?? Number.NaN;
  }
  return { p50, p99 };
}

/** Tenfold from one to the next. */
function sizesOf({ quick, large, size }: BenchOptions): number[] {
  const most = size ?? (quick ? 200_000 : large ? 10_000_000 : 1_000_000);
  return [most / 100, most / 10, most].filter((count) => count >= 20_000);
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, log } = options;
  const sizes = sizesOf(options);
  const database = await openBenchDatabase(4);
  try {
    const store = await createStore(database);
    const rows: Row[] = [];
    let first: Times = {};
    let last: Times = {};
    for (const size of sizes) {
      await growTo(store, size, log);
      log(`history: measuring at ${size} messages`);
      const { p50, p99 } = await measure(store, quick ? 50 : 200);
      for (const [what, ms] of Object.entries(p50))
        rows.push({ what, messages: size, p50_ms: ms, p99_ms: p99[what] ?? null });
      if (size === sizes[0]) first = p50;
      last = p50;
    }
    const [bytes] = await query<{ size: number }>(
      database.db,
      `SELECT pg_total_relation_size('messages')::bigint AS size`,
    );
    rows.push({
      what: 'table and indexes, GB',
      messages: sizes.at(-1) ?? 0,
      p50_ms: null,
      p99_ms: null,
      gb: (bytes?.size ?? 0) / 1e9,
    });
    const growth = Object.fromEntries(
      Object.keys(first).map((what) => [
        `${what}: largest / smallest`,
        (last[what] ?? Number.NaN) / (first[what] ?? Number.NaN),
      ]),
    );
    return createResult(name, { rows, ratios: growth, budgets: budgetsOf(last, growth, sizes.at(-1) ?? 0) });
  } finally {
    await database.remove();
  }
}

function budgetsOf(last: Times, growth: Record<string, number>, messages: number): Budget[] {
  const pages = Object.entries(last).filter(
    ([what]) => what !== 'unread of 500 channels' && !what.startsWith('changes'),
  );
  const slowest = Math.max(...pages.map(([, ms]) => ms));
  const most = Math.max(...Object.values(growth));
  return [
    atMost(`page at any depth of ${messages} messages, slowest p50 ms`, slowest, 2),
    atMost(
      `unread of a user in 500 channels of ${messages} messages, p50 ms`,
      last['unread of 500 channels'] ?? Number.NaN,
      3,
    ),
    atMost('growth of the question that grows most, largest / smallest', most, MOST_GROWTH),
  ];
}
