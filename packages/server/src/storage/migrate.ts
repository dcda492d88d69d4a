import { type MigrationResult, Migrator, NO_MIGRATIONS } from 'kysely';
import { isSchemaAhead, type Migrations, ranMigrations, rememberingNeeds, tooNew } from './compatibility.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { type Database, query } from './postgres.ts';

export interface MigrationState {
  readonly name: string;
  /** Epoch milliseconds, or null while it is still to be run. */
  readonly ranAt: number | null;
}

function migratorOf(db: Database, migrations: Migrations = MIGRATIONS): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...rememberingNeeds(migrations) }) } });
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
 * Brings the database to the newest schema and returns the names that ran. Kysely's migrator takes an advisory lock, so of
 * several nodes that start at once one migrates and the others find it done. A schema that a newer server has made is left
 * as it is when it says that ours can work with it.
 *
 * @throws StartError `schema_too_new` when ours cannot.
 */
export async function migrateUp(db: Database, migrations: Migrations = MIGRATIONS): Promise<string[]> {
  if (await isSchemaAhead(db, migrations)) return [];
  return resultsOf(await migratorOf(db, migrations).migrateToLatest());
}

/** @throws StartError `schema_too_new` when a newer server has made the schema, and ours cannot work with it. */
export async function demandCompatible(db: Database): Promise<void> {
  await isSchemaAhead(db, MIGRATIONS);
}

/** Undoes the newest `steps` migrations and returns their names; only the server that knows them can. */
export async function migrateDown(db: Database, steps = 1, migrations: Migrations = MIGRATIONS): Promise<string[]> {
  const unknown = (await ranMigrations(db)).filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) throw tooNew(unknown);
  const undone: string[] = [];
  for (let step = 0; step < steps; step++) undone.push(...resultsOf(await migratorOf(db, migrations).migrateDown()));
  return undone;
}

/** All migrations in order, with when each ran. */
export async function migrationStates(db: Database): Promise<MigrationState[]> {
  const migrations = await migratorOf(db).getMigrations();
  return migrations.map(({ name, executedAt }) => ({ name, ranAt: executedAt?.getTime() ?? null }));
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
