import { Random } from '@parley/load-test';
import type { ChannelId, UserId } from '@parley/protocol';
import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryBus } from '../../src/fanout/memory-bus.ts';
import { readRecent } from '../../src/messages/recent-store.ts';
import { readRecords, saveLastSeen } from '../../src/presence/status-store.ts';
import { type Database, query } from '../../src/storage/postgres.ts';
import type { Tables } from '../../src/storage/tables.ts';
import { readChannels, readOutAt } from '../../src/sync/sync-store.ts';
import { type MigratedDatabase, migratedDatabase } from '../../src/testing/migrated-database.ts';
import { startTestNode } from '../../src/testing/test-node.ts';
import { untilDecided } from '../../src/writer/change.ts';
import { authenticate, handlersOf } from '../node-rooms.ts';
import { Scheduler } from '../scheduler.ts';
import { populate } from '../seeding.ts';
import { DatabaseServer } from './database-server.ts';
import { STATEMENTS } from './statements/statements.ts';
import { Talk } from './talk.ts';
import { TwinPool } from './twin-pool.ts';

const SEED = 5n;
const STEPS = 350;

let real: MigratedDatabase;
beforeAll(async () => {
  real = await migratedDatabase();
});
afterAll(() => real.drop());

describe('the model of PostgreSQL', () => {
  test('answers every statement of the product that it knows as PostgreSQL does', { timeout: 120_000 }, async () => {
    const random = new Random(SEED).fork('model');
    const model = new DatabaseServer(new Scheduler(), STATEMENTS, random.fork('disk'));
    const { users, channels } = populate(model, random.fork('population'), { users: 4, channels: 3 });
    await copyTo(real.db, model);
    const twin = new TwinPool(real.pool, model);
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: twin.asPool() }) });
    const bus = new MemoryBus();
    const node = await startTestNode(
      real,
      { PARLEY_CACHE_MESSAGE_LIMIT: '0' },
      {
        db,
        bus,
        writerPool: twin.asPool(),
        authenticate: (token) => authenticate(db, token),
        handlersOf: (rooms) => handlersOf(rooms, null, () => {}),
      },
    );
    const talk = new Talk({ url: node.url, users, channels, random });
    await talk.run(STEPS);
    await node.compareTops();
    bus.onLoss();
    await talk.run(20);
    await askTheRest(db, users, channels);
    talk.end();
    await node.stop();
    expect([...twin.differences]).toEqual([]);
    const unused = STATEMENTS.filter((statement) => !twin.used.has(statement));
    expect(unused.map(({ sql }) => sql.source)).toEqual([]);
  });
});

/** What is asked only of a node with presence and a cache, or when a member comes and goes at once. */
async function askTheRest(db: Database, users: readonly UserId[], channels: readonly ChannelId[]): Promise<void> {
  await readRecords(db, users);
  await saveLastSeen(db, new Map(users.map((id, index) => [id, Date.now() + index])));
  await readChannels(db, channels);
  for (const id of channels) await untilDecided(db, id);
  const requests = channels.map((channelId, index) => ({ channelId, floor: 5 * index }));
  for (const limit of [3, 40, 1_000]) await readRecent(db, requests, limit);
  for (const userId of users) for (const channelId of channels) await readOutAt(db, userId, channelId);
}

/** Writes everything that the model holds to a real database, so that both begin alike. */
async function copyTo(db: Database, { store }: DatabaseServer): Promise<void> {
  for (const table of ['users', 'channels', 'channel_members'] as const) {
    for (const row of store.rowsOf(table)) {
      const names = Object.keys(row);
      const places = names.map((name, index) =>
        name.endsWith('_at') ? `to_timestamp($${index + 1}::float8 / 1000)` : `$${index + 1}`,
      );
      await query(db, `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`, Object.values(row));
    }
  }
}
