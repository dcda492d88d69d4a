import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chatMetricsOf, type Figures, latencyIndex, NO_FIGURES } from '../monitoring/figures.ts';
import { Tally } from '../monitoring/tally.ts';
import { query } from '../storage/postgres.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { waitFor } from '../testing/wait-for.ts';
import { readHistory } from './history-store.ts';
import { MetricsHistory } from './metrics-history.ts';
import { Trends } from './trends.ts';
import { Usage } from './usage.ts';

const HOUR_MS = 3_600_000;

let database: MigratedDatabase;
let clock: FakeClock;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  clock = new FakeClock();
  await query(database.db, 'TRUNCATE metrics_history, usage_hours');
  // To the beginning of an hour, so that the tests know which intervals they are in.
  await clock.advance(HOUR_MS - (clock.now() % HOUR_MS));
});

/** A node that says it did what the test lets it do. */
function nodeOf(node: string) {
  const tally = new Tally();
  const faults: unknown[] = [];
  let since = clock.monotonic();
  const history = new MetricsHistory({
    db: database.db,
    clock,
    node,
    version: '1',
    take: (): Figures => {
      const seconds = (clock.monotonic() - since) / 1_000;
      since = clock.monotonic();
      return { ...NO_FIGURES, ...tally.take(), seconds, connections: 10, queueDepth: 3, queueAgeMs: 40 };
    },
    onFault: (error) => void faults.push(error),
  });
  history.start();
  return { tally, history, faults };
}

const trendsOf = (node: string, minute: () => Figures = () => NO_FIGURES) =>
  new Trends({
    db: database.db,
    clock,
    node,
    version: '1',
    minute,
    usage: new Usage({ db: database.db, clock, onFault: () => {} }),
  });

/** Lets time pass as it does: with what is stored along the way. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await clock.advance(Math.min(left, 10_000));
    await new Promise<void>((resolve) => void setTimeout(resolve, 5));
  }
}

async function untilStored(at: number, step: number, holds: (sum: number) => boolean): Promise<void> {
  for (;;) {
    const rows = await readHistory(database.db, { step, sinceMs: at, untilMs: at + HOUR_MS });
    if (holds(rows.reduce((sum, row) => sum + row.messages, 0))) return;
    await new Promise<void>((resolve) => void setTimeout(resolve, 5));
  }
}

describe('the history of metrics', () => {
  test('[MET4] 10 s add up to minutes and hours, of one node and of all, and telling twice changes nothing', async () => {
    const start = clock.now();
    const [one, two] = [nodeOf('one'), nodeOf('two')];
    for (let second = 0; second < 120; second += 10) {
      for (let index = 0; index < 6; index++) one.tally.committed([latencyIndex(3)]);
      two.tally.committed([latencyIndex(40)]);
      two.tally.answered('message.send', 'busy');
      one.tally.answered('message.send', 'ok');
      await pass(10_000);
    }
    await untilStored(start, 3_600, (sum) => sum === 84);
    const trends = trendsOf('three');
    const span = { since: start, until: clock.now() };
    const tens = await trends.history({ ...span, step: '10s' });
    expect(tens.points).toHaveLength(12);
    expect(tens.points[0]).toMatchObject({ at: start, messages: 7, messageRate: 0.7, errorRate: 0.5, connections: 20 });
    const minutes = await trends.history({ ...span, step: '1min' });
    expect(minutes.points.map(({ at, messages, commands, failed }) => [at, messages, commands, failed])).toEqual([
      [start, 42, 12, 6],
      [start + 60_000, 42, 12, 6],
    ]);
    const [hour] = (await trends.history({ ...span, step: '1h', node: 'two' })).points;
    expect(hour).toMatchObject({ at: start, messages: 12, errorRate: 1, connections: 10 });
    expect(latencyIndex(hour?.latency.p99 ?? 0)).toBe(latencyIndex(40));
    const { patterns } = await trends.errors(span);
    expect(patterns).toEqual([
      expect.objectContaining({ operation: 'message.send', code: 'busy', count: 12, trend: 0.5 }),
    ]);
    await Promise.all([one.history.close(), two.history.close()]);
    expect((await trends.history({ ...span, step: '1h' })).points[0]).toMatchObject({ messages: 84 });
  });

  test('[MET4] while the database is away the rows wait; a stop in order keeps the last of them', async () => {
    const start = clock.now();
    const { tally, history, faults } = nodeOf('patient');
    await query(database.db, 'ALTER TABLE metrics_history RENAME TO away');
    tally.committed([latencyIndex(1)]);
    await pass(30_000);
    await waitFor('it was tried in vain', () => faults.length > 0);
    await query(database.db, 'ALTER TABLE away RENAME TO metrics_history');
    tally.committed([latencyIndex(1)]);
    await pass(4_000);
    await history.close();
    const { points } = await trendsOf('x').history({ since: start, until: clock.now(), step: '10s' });
    expect(points.map(({ at, messages }) => [at - start, messages])).toEqual([
      [0, 1],
      [10_000, 0],
      [20_000, 0],
      [30_000, 1],
    ]);
  });

  test('[MET5] live figures are of this node and of those that told lately', async () => {
    const { tally, history } = nodeOf('other');
    for (let index = 0; index < 60; index++) tally.committed([latencyIndex(2)]);
    const start = clock.now();
    await pass(10_000);
    await untilStored(start, 10, (sum) => sum === 60);
    const trends = trendsOf('own', () => ({ ...NO_FIGURES, seconds: 60, messages: 60, connections: 5 }));
    const live = await trends.live();
    expect(live.nodes.map(({ node, connections }) => [node, connections])).toEqual([
      ['own', 5],
      ['other', 10],
    ]);
    expect(live.total.connections).toBe(15);
    expect(await trends.queues({ depth: 1, oldestAgeMs: 2 })).toEqual([
      { node: 'own', depth: 1, oldestAgeMs: 2 },
      { node: 'other', depth: 3, oldestAgeMs: 40 },
    ]);
    await history.close();
    await clock.advance(120_000);
    expect((await trends.live()).nodes.map(({ node }) => node)).toEqual(['own']);
    expect(chatMetricsOf(NO_FIGURES).messageRate).toBe(0);
  });

  test('[MET6] hours of use are counted from the messages, once they are over, and the present one when asked', async () => {
    const [ada, bob] = [await addUser(database, 'ada'), await addUser(database, 'bob')];
    const channels = [await addChannel(database, [ada, bob]), await addChannel(database, [ada])];
    const start = clock.now();
    const say = (channel: number, seq: number, sender: string, at: number) =>
      query(
        database.db,
        `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, created_at)
         VALUES ($1, $1, $2::int, $2::int + 10, gen_random_uuid(), $3, 'x', $4)`,
        [channels[channel], seq, sender, new Date(at)],
      );
    await say(0, 1, ada, start + 1);
    await say(0, 2, bob, start + HOUR_MS - 1);
    await say(1, 1, ada, start + HOUR_MS);
    await clock.advance(HOUR_MS + 120_000);
    const usage = new Usage({ db: database.db, clock, onFault: () => {} });
    await Promise.all([usage.settle(), usage.settle()]);
    const { hours } = await trendsOf('x').usage({ since: start - HOUR_MS, until: clock.now() });
    expect(hours).toEqual([
      { at: start - HOUR_MS, messages: 0, users: 0, channels: 0 },
      { at: start, messages: 2, users: 2, channels: 1 },
      { at: start + HOUR_MS, messages: 1, users: 1, channels: 1 },
    ]);
    const stored = await query<{ count: number }>(database.db, 'SELECT count(*) FROM usage_hours WHERE messages > 0');
    expect(stored[0]?.count).toBe(1);
  });

  test('[MET5] a question about too much or about no time is refused', async () => {
    const trends = trendsOf('x');
    const now = clock.now();
    await expect(trends.history({ since: 0, step: '10s' })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(trends.errors({ since: now, until: now })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(trends.usage({ since: 0 })).rejects.toMatchObject({ code: 'bad_request' });
  });
});
