import type { ChannelId, UserId } from '@parley/protocol';
import pg from 'pg';
import { RecentMessages } from '../../packages/server/src/cache/recent-messages.ts';
import { RedisWindowStore } from '../../packages/server/src/cache/redis-window-store.ts';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { History } from '../../packages/server/src/messages/history.ts';
import { readRecent } from '../../packages/server/src/messages/recent-store.ts';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { Sync } from '../../packages/server/src/sync/sync.ts';
import { TestRedis } from '../../packages/server/src/testing/test-redis.ts';
import { atLeast, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { addUsers } from '../receipts/crowd.ts';
import { type BenchDatabase, openBenchDatabase } from '../send/database.ts';

export const name = 'recent';
export const description = 'the latest page and a resume, from the database alone, from Redis and from memory';

const CHANNELS = 50;
const BEHIND = 10;
const PARALLEL = 16;
const LIMITS = { messageLimit: 100, expiry: 600_000, refreshInterval: 10_000 };

async function fill({ db }: BenchDatabase, users: UserId[], messages: number): Promise<ChannelId[]> {
  await query(
    db,
    `INSERT INTO channels (id, kind, name, root_id, last_seq, last_rev, member_count)
     SELECT one.id, 'private', 'bench', one.id, $2, $2, $3::int
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one`,
    [CHANNELS, messages, users.length],
  );
  await query(
    db,
    `INSERT INTO channel_members (channel_id, user_id, role, rev)
     SELECT c.id, u.id, 'member', 0 FROM channels c CROSS JOIN unnest($1::uuid[]) AS u(id)`,
    [users],
  );
  await query(
    db,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
     SELECT c.id, c.id, n, n, gen_random_uuid(), $2, repeat('hello there ', 8)
       FROM channels c CROSS JOIN generate_series(1, $1::int) n`,
    [messages, users[0]],
  );
  await query(db, 'ANALYZE');
  return (await query<{ id: ChannelId }>(db, 'SELECT id FROM channels')).map(({ id }) => id);
}

/** Statements that all connections of this process send, those that begin and end transactions included. */
function countStatements(): () => number {
  let statements = 0;
  const prototype = pg.Client.prototype as unknown as { query: (...parameters: unknown[]) => unknown };
  const plain = prototype.query;
  prototype.query = function counted(this: unknown, ...parameters: unknown[]) {
    statements += 1;
    return plain.apply(this, parameters);
  };
  return () => statements;
}

async function measure(runs: number, statements: () => number, work: (run: number) => Promise<unknown>) {
  for (let run = 0; run < 20; run++) await work(run);
  const before = statements();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedAt = performance.now();
    await work(run);
    times.push(performance.now() - startedAt);
  }
  const perRead = (statements() - before) / runs;
  const startedAt = performance.now();
  const lanes = Array.from({ length: PARALLEL }, async (_, lane) => {
    for (let run = lane; run < runs; run += PARALLEL) await work(run);
  });
  await Promise.all(lanes);
  const perSecond = (runs * 1_000) / (performance.now() - startedAt);
  times.sort((a, b) => a - b);
  return {
    statements: perRead,
    p50_ms: times[runs >> 1] ?? Number.NaN,
    p99_ms: times[Math.floor(runs * 0.99)] ?? Number.NaN,
    at_16_per_s: perSecond,
  };
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const runs = quick ? 200 : 2_000;
  const statements = countStatements();
  const [database, redis] = [await openBenchDatabase(10), await TestRedis.start()];
  try {
    log('recent: storing messages');
    const users = await addUsers(database, 10);
    const user = users[0] as UserId;
    const channelIds = await fill(database, users, quick ? 500 : 5_000);
    const { db } = database;
    const shared = new RedisWindowStore(await redis.link(), LIMITS.expiry);
    const cache = (own?: RedisWindowStore) =>
      new RecentMessages({
        config: LIMITS,
        clock: systemClock,
        load: (requests) => readRecent(db, requests, LIMITS.messageLimit),
        shared: own,
      });
    const memory = cache();
    /** A node that has just started has nothing in its memory: each read is of such a node. */
    const arms: [string, () => RecentMessages | undefined][] = [
      ['database', () => undefined],
      ['a cold cache without Redis', () => cache()],
      ['a cold cache with Redis', () => cache(shared)],
      ['memory', () => memory],
    ];
    const page = (recent: RecentMessages | undefined, at: number) =>
      new History(db, recent).page(user, { channelId: channelIds[at % CHANNELS] as ChannelId, limit: 50 });
    const top = quick ? 500 : 5_000;
    const resume = { epoch: 'epoch', channels: channelIds.map((id): [ChannelId, number] => [id, top - BEHIND]) };
    const resumeOn = async (recent: RecentMessages | undefined) => {
      const sync = new Sync(db, () => 'epoch', recent === undefined ? {} : { recent });
      for await (const frame of sync.frames(user, await sync.places(user), resume)) void frame;
    };
    log('recent: measuring');
    const rows: Row[] = [];
    for (const recent of [cache(shared), memory]) for (let at = 0; at < CHANNELS; at++) await page(recent, at);
    for (const [from, open] of arms)
      rows.push({ what: 'latest page of 50', from, ...(await measure(runs, statements, (at) => page(open(), at))) });
    for (const [from, open] of arms) {
      const what = `resume in ${CHANNELS} channels, ${BEHIND} behind`;
      rows.push({ what, from, ...(await measure(Math.ceil(runs / 10), statements, () => resumeOn(open()))) });
    }
    const figure = (row: number, column: string) => Number(rows[row]?.[column]);
    return createResult(name, {
      rows,
      ratios: {
        'pages per second, memory / database': figure(3, 'at_16_per_s') / figure(0, 'at_16_per_s'),
        'pages per second, Redis / database': figure(2, 'at_16_per_s') / figure(0, 'at_16_per_s'),
        'resumes per second, memory / database': figure(7, 'at_16_per_s') / figure(4, 'at_16_per_s'),
      },
      budgets: [
        atLeast('statements of a page that memory saves', figure(0, 'statements') - figure(3, 'statements'), 1),
        atLeast('statements of a page that Redis saves', figure(0, 'statements') - figure(2, 'statements'), 1),
      ],
    });
  } finally {
    await redis.stop();
    await database.remove();
  }
}
