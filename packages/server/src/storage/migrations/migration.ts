import { CompiledQuery, type Kysely, type Migration } from 'kysely';

/** A migration, and whether servers that do not know it can go on beside it. */
export interface SchemaMigration extends Migration {
  /**
   * It only adds what an older server neither reads nor must fill: tables, indexes, columns with a default. Older servers
   * then work with the schema it leaves. Leave it out for what renames, removes or forbids: they are refused then.
   */
  readonly expands?: true;
}

/** A migration of plain SQL texts, each run in order inside the migrator's transaction. */
export function sqlMigration(texts: {
  up: readonly string[];
  down: readonly string[];
  expands?: true;
}): SchemaMigration {
  const runAll = (list: readonly string[]) => async (db: Kysely<unknown>) => {
    for (const text of list) await db.executeQuery(CompiledQuery.raw(text));
  };
  return { ...(texts.expands && { expands: true }), up: runAll(texts.up), down: runAll(texts.down) };
}
