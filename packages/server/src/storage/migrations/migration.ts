import { CompiledQuery, type Kysely, type Migration } from 'kysely';

/** A migration of plain SQL texts, each run in order inside the migrator's transaction. */
export function sqlMigration(texts: { up: readonly string[]; down: readonly string[] }): Migration {
  const runAll = (list: readonly string[]) => async (db: Kysely<unknown>) => {
    for (const text of list) await db.executeQuery(CompiledQuery.raw(text));
  };
  return { up: runAll(texts.up), down: runAll(texts.down) };
}
