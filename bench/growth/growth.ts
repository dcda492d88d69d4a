import { query } from '../../packages/server/src/storage/postgres.ts';
import { Sync } from '../../packages/server/src/sync/sync.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, median, type Row } from '../bench.ts';
import { OUTBOX, outboxSide } from '../fanout/sides.ts';
import { runLoad } from '../load-client/load-client.ts';
import { addUsers } from '../receipts/crowd.ts';
import { openBenchDatabase } from '../send/database.ts';
import { growNodes } from './nodes.ts';

export const name = 'growth';
export const description = 'how cost grows with the members of a channel, the channels of a user, and nodes';

const MEMBERS = [100, 300, 1_000, 3_000];
const CHANNELS = [5, 20, 100, 500];
/** Users whose places are read together, as when many come at once. */
const TOGETHER = 20;
/** Cost per unit at the largest size over that at the smallest: 1 is linear. */
const LINEAR = 1.5;
/** A message of two members concerns two nodes at most, however many there are. */
const NODES_BOUND = 3;

/** Processor time of the server for each delivery, in microseconds, by the members of one channel. */
async function growMembers(quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const side = await outboxSide();
  try {
    for (const subscribers of MEMBERS) {
      log(`growth: ${subscribers} members`);
      const times = quick ? { warmupMs: 300, durationMs: 500 } : { warmupMs: 500, durationMs: 1_500 };
      const load = { subscribers, senders: 8, inFlight: 16, ...times };
      const found = await runLoad(side.server.pid, side.port, side.script, load);
      rows.push({
        what: `members of a channel (${OUTBOX})`,
        n: subscribers,
        us_each: found.usPerDelivery,
        us_all: found.usPerDelivery * subscribers,
      });
    }
  } finally {
    await side.server.stop();
  }
  return rows;
}

/** Time to read what a session needs, by the channels of its user, when many come at once. */
async function growChannels(quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const database = await openBenchDatabase(4);
  try {
    const rows: Row[] = [];
    for (const count of CHANNELS) {
      log(`growth: ${count} channels for each user`);
      const users = await addUsers(database, TOGETHER);
      await query(
        database.db,
        `WITH made AS (INSERT INTO channels (id, kind, name, root_id, last_seq, last_rev, member_count)
           SELECT one.id, 'private', 'bench', one.id, 10, 10, $2
             FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one RETURNING id)
         INSERT INTO channel_members (channel_id, user_id, role, rev) SELECT made.id, u, 'member', 1 FROM made, unnest($3::uuid[]) u`,
        [count, TOGETHER, users],
      );
      await query(database.db, 'ANALYZE');
      const sync = new Sync(database.db, () => 'bench');
      const timesMs: number[] = [];
      for (let round = 0; round < (quick ? 10 : 40); round++) {
        const startedAt = performance.now();
        await Promise.all(
          users.map(async (userId) => {
            const places = await sync.places(userId);
            for await (const frame of sync.frames(userId, places, null)) JSON.stringify(frame);
          }),
        );
        timesMs.push((performance.now() - startedAt) / TOGETHER);
      }
      const usAll = median(timesMs) * 1_000;
      rows.push({ what: 'channels of a user (sync)', n: count, us_each: usAll / count, us_all: usAll });
    }
    return rows;
  } finally {
    await database.remove();
  }
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const members = await growMembers(quick, log);
  const channels = await growChannels(quick, log);
  const nodes = await growNodes(quick, log);
  const growth = (rows: Row[], column = 'us_each'): number => Number(rows.at(-1)?.[column]) / Number(rows[0]?.[column]);
  return createResult(name, {
    rows: [...members, ...channels, ...nodes],
    ratios: {
      'cost per member, 3,000 / 100 members': growth(members),
      'cost per channel, 500 / 5 channels': growth(channels),
      'cost of a message for all nodes together, most nodes / one': growth(nodes, 'us_all'),
    },
    budgets: [
      atMost('cost per delivery, 3,000 / 100 members', growth(members), LINEAR),
      atMost('cost of a channel in a sync, 500 / 5 channels', growth(channels), LINEAR),
      atMost('cost of a message for all nodes together, most nodes / one', growth(nodes, 'us_all'), NODES_BOUND),
    ],
  });
}
