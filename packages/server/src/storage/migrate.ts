import { setTimeout as delay } from 'node:timers/promises';
import { type MigrationResult, type MigrationResultSet, Migrator, NO_MIGRATIONS } from 'kysely';
import {
  isSchemaAhead,
  type Migrations,
  prepared,
  ranMigrations,
  readRan,
  tooNew,
  waitingOf,
} from './compatibility.ts';
import { alone } from './migration-lock.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { type Database, isRetryableError, query } from './postgres.ts';

/** Between two tries of a migration that could not have its locks. */
const LOCK_PAUSE_MS = 500;
/** About ten minutes of tries; what holds a table for longer has to be ended by somebody. */
const MAX_TRIES = 600;

export interface MigrationState {
  readonly name: string;
  /** Epoch milliseconds, or null while it is still to be run. */
  readonly ranAt: number | null;
}

function migratorOf(db: Database, migrations: Migrations = MIGRATIONS): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...prepared(migrations) }) } });
}

function resultsOf(outcome: { error?: unknown; results?: MigrationResult[] }): string[] {
  if (outcome.error !== undefined) {
    const failed = outcome.results?.find((result) => result.status === 'Error')?.migrationName ?? 'unknown';
    throw new Error(`unable to migrate the database; ${failed} failed, and nothing of it was kept`, {
      cause: outcome.error,
    });
  }
  return (outcome.results ?? []).map((result) => result.migrationName);
}

/**
 * Brings the database to the newest schema and returns the names that ran; give it a connection whose statements may take
 * as long as they need. Of several nodes that start at once one migrates, and the others find it done. A schema that a newer
 * server has made is left as it is when it says that ours can work with it.
 *
 * People may be writing meanwhile, so each migration is a transaction of its own that waits for locks only shortly and is
 * tried again, and indexes of large tables are built outside of it. A database without a schema has nobody to wait for.
 *
 * @throws StartError `schema_too_new` when ours cannot.
 */
export async function migrateUp(db: Database, migrations: Migrations = MIGRATIONS): Promise<string[]> {
  if (await isSchemaAhead(db, migrations, await ranMigrations(db))) return [];
  return await onlyMigrator(db, async (on) => {
    const migrator = migratorOf(on, migrations);
    if ((await ranMigrations(on)).length === 0) return resultsOf(await migrator.migrateToLatest());
    const ran: string[] = [];
    for (;;) {
      const [next] = waitingOf(migrations, await ranMigrations(on));
      if (next === undefined) return ran;
      for (const { name, on: what } of migrations[next]?.indexes ?? []) {
        // What is left of one that was broken off is no index.
        await query(on, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
        await query(on, `CREATE INDEX CONCURRENTLY ${name} ON ${what}`);
      }
      ran.push(...(await untilLocked(() => migrator.migrateUp())));
    }
  });
}

/** Work that changes the schema, on one connection, while nobody else does that. */
function onlyMigrator<Result>(db: Database, work: (on: Database) => Promise<Result>): Promise<Result> {
  return db.connection().execute((on) => {
    const ask = async (text: string, values: readonly string[]) =>
      (await query<{ value: unknown }>(on, text, values))[0]?.value;
    return alone(ask, 'parley migrations', () => work(on));
  });
}

/** Tries until nobody holds what is needed for longer than a moment. */
async function untilLocked(step: () => Promise<MigrationResultSet>): Promise<string[]> {
  for (let tries = 1; ; tries++) {
    const outcome = await step();
    if (!isRetryableError(outcome.error) || tries >= MAX_TRIES) return resultsOf(outcome);
    await delay(LOCK_PAUSE_MS);
  }
}

/**
 * The migrations that have still to run.
 *
 * @throws StartError `schema_too_new` when a newer server has made the schema, and ours cannot work with it.
 */
export async function demandCompatible(db: Database): Promise<string[]> {
  const ran = await ranMigrations(db);
  await isSchemaAhead(db, MIGRATIONS, ran);
  return waitingOf(MIGRATIONS, ran);
}

/** Undoes the newest `steps` migrations and returns their names; only the server that knows them can. */
export async function migrateDown(db: Database, steps = 1, migrations: Migrations = MIGRATIONS): Promise<string[]> {
  const unknown = (await ranMigrations(db)).filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) throw tooNew(unknown);
  return await onlyMigrator(db, async (on) => {
    const migrator = migratorOf(on, migrations);
    const undone: string[] = [];
    for (let step = 0; step < steps; step++) {
      const newest = (await ranMigrations(on)).at(-1);
      for (const { name } of migrations[newest ?? '']?.indexes ?? [])
        await query(on, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      undone.push(...(await untilLocked(() => migrator.migrateDown())));
    }
    return undone;
  });
}

/** All migrations in order, with when each ran. */
export async function migrationStates(db: Database): Promise<MigrationState[]> {
  const ran = await readRan(db);
  return Object.keys(MIGRATIONS)
    .sort()
    .map((name) => ({ name, ranAt: ran.has(name) ? Date.parse(ran.get(name) ?? '') : null }));
}

/** True when we have every migration of these names, so that a database made by them can be made again. */
export function knowsMigrations(names: readonly string[]): boolean {
  return names.every((name) => Object.hasOwn(MIGRATIONS, name));
}

/** Gives an empty database the schema that exactly these migrations make. */
export async function migrateExactly(db: Database, names: readonly string[]): Promise<void> {
  const wanted = Object.entries(MIGRATIONS).filter(([name]) => names.includes(name));
  resultsOf(await migratorOf(db, Object.fromEntries(wanted)).migrateToLatest());
}

/** Undoes every migration and the migrator's own tables: the database is as empty as before the first one. */
export async function dropSchema(db: Database): Promise<void> {
  const ran = new Set((await migrationStates(db)).filter(({ ranAt }) => ranAt !== null).map(({ name }) => name));
  const undo = Object.entries(MIGRATIONS).filter(([name]) => ran.has(name));
  resultsOf(await migratorOf(db, Object.fromEntries(undo)).migrateTo(NO_MIGRATIONS));
  await query(db, 'DROP TABLE IF EXISTS kysely_migration, kysely_migration_lock');
}
