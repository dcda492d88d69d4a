import { afterEach, describe, expect, test } from 'vitest';
import { addChannel, addUser } from '../testing/migrated-database.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { demandCompatible, migrateDown, migrateUp, migrationStates } from './migrate.ts';
import { sqlMigration } from './migrations/migration.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { openPostgres, type Postgres, query } from './postgres.ts';

let database: TestDatabase;
const opened: Postgres[] = [];

async function open(): Promise<Postgres> {
  const postgres = openPostgres({
    connection: database.config,
    maxConnections: 3,
    statementTimeoutMs: 30_000,
    onError: () => {},
  });
  opened.push(postgres);
  return postgres;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((postgres) => postgres.close()));
  await database.drop();
});

/** Everything the catalogue says about the schema, in a form that two equal schemas share. */
async function dump(postgres: Postgres): Promise<unknown> {
  const columns = await query(
    postgres.db,
    `SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
       FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name`,
  );
  const indexes = await query(
    postgres.db,
    `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname`,
  );
  const constraints = await query(
    postgres.db,
    `SELECT conrelid::regclass::text AS on, conname, pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3`,
  );
  return { columns, indexes, constraints };
}

describe('migrations', () => {
  test('[MIG1] up, down and up again gives the same schema, with data in the tables', async () => {
    database = await createTestDatabase();
    const postgres = await open();
    await migrateUp(postgres.db);
    const first = await dump(postgres);
    const user = await addUser(postgres, 'alice');
    const channel = await addChannel(postgres, [user]);
    await query(
      postgres.db,
      `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body) VALUES ($1, $1, 1, 2, gen_random_uuid(), $2, 'hello')`,
      [channel, user],
    );
    const names = Object.keys(MIGRATIONS).sort();
    for (let steps = 1; steps <= names.length; steps++) {
      const newest = names.slice(-steps);
      expect(await migrateDown(postgres.db, steps)).toEqual([...newest].reverse());
      expect(await migrateUp(postgres.db)).toEqual(newest);
      expect(await dump(postgres)).toEqual(first);
    }
  });

  test('[MIG2] of three nodes that start at once one migrates, and all find the newest schema', async () => {
    database = await createTestDatabase();
    const nodes = await Promise.all([open(), open(), open()]);
    const ran = await Promise.all(nodes.map((node) => migrateUp(node.db)));
    expect(ran.flat().sort()).toEqual(Object.keys(MIGRATIONS).sort());
    const states = await migrationStates((await open()).db);
    expect(states.every((state) => state.ranAt !== null)).toBe(true);
  });

  test('[MIG5] a server that is older than the schema works beside it as long as the schema was only expanded', async () => {
    database = await createTestDatabase();
    const { db } = await open();
    const step = (up: string, down: string, expands?: true) =>
      sqlMigration({ up: [up], down: [down], ...(expands && { expands }) });
    const expanded = {
      ...MIGRATIONS,
      '29990101000000_add': step('CREATE TABLE later (id int)', 'DROP TABLE later', true),
    };
    const contracted = {
      ...expanded,
      '29990101000001_drop': step('ALTER TABLE later DROP COLUMN id', 'ALTER TABLE later ADD COLUMN id int'),
    };
    const later = { ...contracted, '29990101000002_more': step('CREATE TABLE more ()', 'DROP TABLE more', true) };
    const refusal = expect.objectContaining({ code: 'schema_too_new', hint: expect.stringContaining('migrate down') });

    await migrateUp(db);
    expect(await migrateUp(db, expanded)).toEqual(['29990101000000_add']);
    expect(await migrateUp(db)).toEqual([]);
    await demandCompatible(db);
    await expect(migrateDown(db)).rejects.toEqual(refusal);

    await migrateUp(db, contracted);
    expect(await migrateUp(db, contracted)).toEqual([]);
    await expect(migrateUp(db)).rejects.toEqual(refusal);
    await expect(demandCompatible(db)).rejects.toEqual(refusal);

    await migrateUp(db, later);
    await expect(migrateUp(db, expanded)).rejects.toEqual(refusal);
    expect(await migrateUp(db, contracted)).toEqual([]);

    await migrateDown(db, 2, later);
    expect(await migrateUp(db)).toEqual([]);
    await expect(migrateUp(db, { ...MIGRATIONS, '29990101000003_fork': step('SELECT 1', 'SELECT 1') })).rejects.toEqual(
      refusal,
    );
  });

  test('[MIG3] the required indexes and columns are there by name', async () => {
    database = await createTestDatabase();
    const postgres = await open();
    await migrateUp(postgres.db);
    const indexes = await query<{ indexname: string }>(
      postgres.db,
      `SELECT indexname FROM pg_indexes WHERE schemaname = 'public'`,
    );
    expect(indexes.map((row) => row.indexname)).toEqual(
      expect.arrayContaining(['idx_messages_channel_created', 'idx_channel_members_user']),
    );
    const columns = await query(
      postgres.db,
      `SELECT column_name, data_type, character_maximum_length AS length FROM information_schema.columns
        WHERE table_name = 'messages' AND column_name IN ('status', 'delivered_at', 'read_at') ORDER BY column_name`,
    );
    expect(columns).toEqual([
      { column_name: 'delivered_at', data_type: 'timestamp with time zone', length: null },
      { column_name: 'read_at', data_type: 'timestamp with time zone', length: null },
      { column_name: 'status', data_type: 'character varying', length: 20 },
    ]);
  });
});
