import { afterEach, describe, expect, test } from 'vitest';
import { addChannel, addUser } from '../testing/migrated-database.ts';
import { LAST_RELEASED, readReleasedSchema, releasedMigrations } from '../testing/released/released-schema.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { waitFor } from '../testing/wait-for.ts';
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

async function someChannel(postgres: Postgres) {
  const user = await addUser(postgres, 'alice');
  return [user, await addChannel(postgres, [user])] as const;
}

describe('migrations', () => {
  test('[MIG1] up, down and up again gives the same schema, with data in the tables', async () => {
    database = await createTestDatabase();
    const postgres = await open();
    await migrateUp(postgres.db);
    const first = await dump(postgres);
    const [user, channel] = await someChannel(postgres);
    await query(
      postgres.db,
      `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body) VALUES ($1, $1, 1, 2, gen_random_uuid(), $2, 'hello')`,
      [channel, user],
    );
    // From each level one step up and down again, with what is in the tables of that level.
    const names = Object.keys(MIGRATIONS).sort();
    const levels = names.map((_, count) =>
      Object.fromEntries(names.slice(0, count + 1).map((n) => [n, MIGRATIONS[n]])),
    );
    let schema = first;
    for (const [index, name] of [...names.entries()].reverse()) {
      const level = levels[index] as typeof MIGRATIONS;
      expect(await migrateDown(postgres.db, 1, level)).toEqual([name]);
      const below = await dump(postgres);
      expect(await migrateUp(postgres.db, level)).toEqual([name]);
      expect(await dump(postgres)).toEqual(schema);
      expect(await migrateDown(postgres.db, 1, level)).toEqual([name]);
      expect(await dump(postgres)).toEqual(below);
      schema = below;
    }
    expect(await migrateUp(postgres.db)).toEqual(names);
    expect(await dump(postgres)).toEqual(first);
    expect(await migrateDown(postgres.db, names.length)).toEqual([...names].reverse());
  });

  test('[MIG1] the released schema is what our migrations still make, and is brought to the newest', async () => {
    database = await createTestDatabase();
    const released = await open();
    await released.pool.query(readReleasedSchema());
    const other = await createTestDatabase();
    const made = openPostgres({
      connection: other.config,
      maxConnections: 2,
      statementTimeoutMs: 0,
      onError: () => {},
    });
    await migrateUp(made.db, releasedMigrations());
    expect(await dump(released)).toEqual(await dump(made));
    const newer = Object.keys(MIGRATIONS).filter((name) => name > LAST_RELEASED);
    expect(await migrateUp(released.db)).toEqual(newer);
    expect(await migrateUp(made.db)).toEqual(newer);
    expect(await dump(released)).toEqual(await dump(made));
    await made.close();
    await other.drop();
  });

  test('[MIG7] a migration that cannot have its lock lets others write, and is done when it can', async () => {
    database = await createTestDatabase();
    const [migrator, writer] = await Promise.all([open(), open()]);
    await migrateUp(migrator.db);
    const [user, channel] = await someChannel(migrator);
    const say = (on: { query(text: string, values: unknown[]): Promise<unknown> }, seq: number) =>
      on.query(
        `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body) VALUES ($1, $1, $2, $2, gen_random_uuid(), $3, 'x')`,
        [channel, seq, user],
      );
    const slow = await writer.pool.connect();
    await slow.query('BEGIN');
    await say(slow, 2);
    const more = {
      ...MIGRATIONS,
      '29990101000000_more': sqlMigration({
        up: ['ALTER TABLE messages ADD COLUMN more int'],
        down: ['ALTER TABLE messages DROP COLUMN more'],
        indexes: [{ name: 'idx_messages_more', on: 'messages (created_at, seq)' }],
        expands: true,
      }),
    };
    const migrating = migrateUp(migrator.db, more);
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await waitFor('the index waits for who writes', async () => (await query(writer.db, waits)).length > 0);
    await say(writer.pool, 3);
    // With the index built, the column waits: again and again, and never for long.
    await slow.query('COMMIT');
    await slow.query('BEGIN');
    await say(slow, 4);
    for (let seq = 5; seq < 8; seq++) await say(writer.pool, seq);
    await slow.query('COMMIT');
    slow.release();
    expect(await migrating).toEqual(['29990101000000_more']);
    expect(await query(writer.db, `SELECT FROM pg_index WHERE NOT indisvalid`)).toEqual([]);
    expect(await query(writer.db, 'SELECT more FROM messages')).toHaveLength(6);
    expect(await migrateDown(writer.db, 1, more)).toEqual(['29990101000000_more']);
  });

  test('[MIG7] an index that was broken off is built anew', async () => {
    database = await createTestDatabase();
    const postgres = await open();
    await migrateUp(postgres.db);
    await query(postgres.db, 'CREATE TABLE twins (twin int)');
    await query(postgres.db, 'INSERT INTO twins VALUES (1), (1)');
    await expect(query(postgres.db, 'CREATE UNIQUE INDEX CONCURRENTLY idx_twins ON twins (twin)')).rejects.toThrow();
    await migrateUp(postgres.db, {
      ...MIGRATIONS,
      '29990101000000_twins': sqlMigration({ up: [], down: [], indexes: [{ name: 'idx_twins', on: 'twins (twin)' }] }),
    });
    expect(await query(postgres.db, `SELECT FROM pg_index WHERE NOT indisvalid`)).toEqual([]);
    expect(await query(postgres.db, `SELECT FROM pg_indexes WHERE indexname = 'idx_twins'`)).toHaveLength(1);
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
