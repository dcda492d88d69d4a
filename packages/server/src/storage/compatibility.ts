import { StartError } from '../lib/start-error.ts';
import type { SchemaMigration } from './migrations/migration.ts';
import { type Database, query } from './postgres.ts';

/** Migrations by name; the order of the names is the order in which they run. */
export type Migrations = Readonly<Record<string, SchemaMigration>>;

/** Where the database keeps the name of the migration that a server must at least know. */
const KEY = 'schema_needs';

/**
 * A migration waits no longer than this for the lock of a table: everybody who writes to it stands behind. It is tried again
 * instead.
 */
const LOCK_TIMEOUT = "SET LOCAL lock_timeout = '500ms'";

/**
 * The same migrations with all that goes with each in its own transaction: a bound for locks, its indexes where they are not
 * there yet, and what a server must know of to work with the schema it leaves: the newest migration that does not only
 * expand. Servers that are older than the schema read that.
 */
export function prepared(migrations: Migrations): Migrations {
  const names = Object.keys(migrations).sort();
  const needsAfter = (count: number) => names.slice(0, count).findLast((name) => migrations[name]?.expands !== true);
  const wrapped = names.map((name, at) => {
    const plain = migrations[name] as SchemaMigration;
    const { indexes = [] } = plain;
    const migration: SchemaMigration = {
      ...plain,
      async up(db) {
        await query(db, LOCK_TIMEOUT);
        await plain.up(db);
        for (const index of indexes) await query(db, `CREATE INDEX IF NOT EXISTS ${index.name} ON ${index.on}`);
        await writeNeeds(db, needsAfter(at + 1));
      },
      ...(plain.down !== undefined && {
        async down(db) {
          await query(db, LOCK_TIMEOUT);
          for (const { name: index } of indexes) await query(db, `DROP INDEX IF EXISTS ${index}`);
          await plain.down?.(db);
          await writeNeeds(db, needsAfter(at));
        },
      }),
    };
    return [name, migration] as const;
  });
  return Object.fromEntries(wrapped);
}

async function writeNeeds(db: Database, name: string | undefined): Promise<void> {
  if (name === undefined || !(await hasTable(db, 'server_state'))) return;
  await query(
    db,
    `INSERT INTO server_state (key, value) VALUES ($1, to_jsonb($2::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    [KEY, name],
  );
}

/** The migrations that made this database, oldest first, with when each ran (ISO 8601). The migrator would look through all tables. */
export async function readRan(db: Database): Promise<ReadonlyMap<string, string>> {
  if (!(await hasTable(db, 'kysely_migration'))) return new Map();
  const rows = await query<{ name: string; at: string }>(
    db,
    'SELECT name::text, timestamp::text AS at FROM kysely_migration ORDER BY name',
  );
  return new Map(rows.map(({ name, at }) => [name, at]));
}

/** Names of the migrations that made this database, oldest first. */
export async function ranMigrations(db: Database): Promise<string[]> {
  return [...(await readRan(db)).keys()];
}

/** Those that have still to run, in order. */
export function waitingOf(migrations: Migrations, ran: readonly string[]): string[] {
  return Object.keys(migrations)
    .sort()
    .filter((name) => !ran.includes(name));
}

/**
 * True when a newer server has brought the schema, of which these have run, further than these migrations, in a way that ours can
 * live with: nothing is to be migrated then.
 *
 * @throws StartError `schema_too_new` when it cannot.
 */
export async function isSchemaAhead(db: Database, migrations: Migrations, ran: readonly string[]): Promise<boolean> {
  const unknown = ran.filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) return false;
  const needed = await readNeeds(db);
  const isComplete = waitingOf(migrations, ran).length === 0;
  if (needed !== undefined && Object.hasOwn(migrations, needed) && isComplete) return true;
  throw tooNew(unknown);
}

async function readNeeds(db: Database): Promise<string | undefined> {
  if (!(await hasTable(db, 'server_state'))) return undefined;
  const rows = await query<{ name: string }>(db, `SELECT value #>> '{}' AS name FROM server_state WHERE key = $1`, [
    KEY,
  ]);
  return rows[0]?.name;
}

/** What is told where a schema was made by a server that is newer than this one. */
export function tooNew(unknown: readonly string[]): StartError {
  return new StartError({
    code: 'schema_too_new',
    message: `unable to work on the database; a newer Parley has changed it (${unknown.at(-1)}) so that this one would do harm`,
    hint: 'Start the newer Parley again, or run its `parley migrate down` before you go back to this one.',
  });
}

async function hasTable(db: Database, name: string): Promise<boolean> {
  const rows = await query<{ exists: boolean }>(db, 'SELECT to_regclass($1) IS NOT NULL AS exists', [name]);
  return rows[0]?.exists === true;
}
