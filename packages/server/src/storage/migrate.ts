import { type MigrationResult, Migrator } from 'kysely';
import { MIGRATIONS } from './migrations/migrations.ts';
import type { Database } from './postgres.ts';

export interface MigrationState {
  readonly name: string;
  /** Epoch milliseconds, or null while it is still to be run. */
  readonly ranAt: number | null;
}

function migratorOf(db: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) } });
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
