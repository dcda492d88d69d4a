import { CompiledQuery, type Kysely, type Migration } from 'kysely';

/** A migration, and whether servers that do not know it can go on beside it. */
export interface SchemaMigration extends Migration {
  /**
   * It only adds what an older server neither reads nor must fill: tables, indexes, columns with a default. Older servers
   * then work with the schema it leaves. Leave it out for what renames, removes or forbids: they are refused then.
   */
  readonly expands?: true;
  /** Indexes on tables that hold data: on a database in use they are built and dropped beside those who write. */
  readonly indexes?: readonly LargeIndex[];
}

/** An index by its name, and what follows `ON`. */
export interface LargeIndex {
  readonly name: string;
  readonly on: string;
}

/** A migration of plain SQL texts, each run in order inside the migrator's transaction; its indexes come last and go first. */
export function sqlMigration(texts: {
  up: readonly string[];
  down: readonly string[];
  expands?: true;
  indexes?: readonly LargeIndex[];
}): SchemaMigration {
  const runAll = (list: readonly string[]) => async (db: Kysely<unknown>) => {
    for (const text of list) await db.executeQuery(CompiledQuery.raw(text));
  };
  return {
    ...(texts.expands && { expands: true }),
    ...(texts.indexes && { indexes: texts.indexes }),
    up: runAll(texts.up),
    down: runAll(texts.down),
  };
}
