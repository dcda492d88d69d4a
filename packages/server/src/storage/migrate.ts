import { type Migration, type MigrationResult, Migrator, NO_MIGRATIONS } from 'kysely';
import { MIGRATIONS } from './migrations/migrations.ts';
import { type Database, query } from './postgres.ts';

export interface MigrationState {
  readonly name: string;
  /** Epoch milliseconds, or null while it is still to be run. */
  readonly ranAt: number | null;
}

function migratorOf(db: Database, migrations: Readonly<Record<string, Migration>> = MIGRATIONS): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } });
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
 * several nodes that start at once one migrates and the others find it done.
 */
export async function migrateUp(db: Database): Promise<string[]> {
  return resultsOf(await migratorOf(db).migrateToLatest());
}

/** Undoes the newest `steps` migrations and returns their names. */
export async function migrateDown(db: Database, steps = 1): Promise<string[]> {
  const undone: string[] = [];
  for (let step = 0; step < steps; step++) undone.push(...resultsOf(await migratorOf(db).migrateDown()));
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
