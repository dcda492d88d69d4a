import type pg from 'pg';

/** A table as it is copied: without generated columns, which the database fills itself. */
export interface CopiedTable {
  readonly table: string;
  readonly columns: readonly string[];
}

/** The migrator's own tables: what ran is in the header, and the restore runs it anew. */
export const MIGRATOR_TABLES: readonly string[] = ['kysely_migration', 'kysely_migration_lock'];

const TABLES = `
SELECT c.relname AS "table",
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       ARRAY(SELECT DISTINCT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
              WHERE k.conrelid = c.oid AND k.contype = 'f' AND f.oid <> c.oid) AS needs
  FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> ALL($1::text[])
 ORDER BY c.relname`;

/** All tables of the schema, each after those that its foreign keys point at. New tables of later versions come by themselves. */
export async function listTables(client: pg.ClientBase): Promise<CopiedTable[]> {
  const { rows } = await client.query<CopiedTable & { needs: string[] }>(TABLES, [MIGRATOR_TABLES]);
  const ordered: CopiedTable[] = [];
  const done = new Set<string>();
  let left = rows;
  while (left.length > 0) {
    const ready = left.filter(({ needs }) => needs.every((name) => done.has(name)));
    if (ready.length === 0)
      throw new Error(`foreign keys go in a circle: ${left.map(({ table }) => table).join(', ')}`);
    for (const { table, columns } of ready) {
      ordered.push({ table, columns });
      done.add(table);
    }
    left = left.filter(({ table }) => !done.has(table));
  }
  return ordered;
}

/** Names of all tables of the schema, whosever they are. */
export async function namesOfTables(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') ORDER BY relname`,
  );
  return rows.map(({ name }) => name);
}
