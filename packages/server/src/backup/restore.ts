import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BlobStore } from '../attachments/blob-store.ts';
import { StartError } from '../lib/start-error.ts';
import { dropSchema, knowsMigrations, migrateExactly, migrateUp } from '../storage/migrate.ts';
import type { Postgres } from '../storage/postgres.ts';
import type { Progress } from './backup.ts';
import type { BackupFile } from './backup-file.ts';
import { listTables, namesOfTables } from './catalog.ts';
import { checkBackup, openBackup } from './check-backup.ts';
import { type BackupHeader, keyOf, type Manifest, parseEntry } from './container.ts';
import { RestoredFiles } from './restored-files.ts';

export interface RestoreOptions {
  /** Its connections must have no statement timeout. */
  readonly postgres: Postgres;
  readonly file: BackupFile;
  /** Where its files are put; null leaves them out. */
  readonly blobs: BlobStore | null;
  /** Keep the name of the history of revs: only when the backup lacks nothing that clients have seen. */
  readonly sameEpoch: boolean;
  /** Keep people signed in. Otherwise whoever stole a token since cannot use it, and everybody signs in again. */
  readonly keepSessions: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

export interface RestoreReport {
  readonly header: BackupHeader;
  readonly manifest: Manifest;
  readonly epoch: string;
  /** Migrations that are newer than the backup and ran after it. */
  readonly migrated: readonly string[];
}

/**
 * Fills an empty database from a backup: checks the whole file first, then writes all of it in one transaction at the
 * backup's schema, and only then brings the schema to the newest. When it fails, the database is empty again.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const { postgres, file } = options;
  const { header, manifest, keys } = await checkBackup(file);
  demandKnownMigrations(header);
  const client = await postgres.pool.connect();
  const files = new RestoredFiles(options.blobs);
  try {
    await demandEmpty(client);
    if (manifest.files > 0) await files.demandNoOthers(keys);
    const epoch = await fill(client, options, header, manifest, files);
    const migrated = await migrateUp(postgres.db);
    await client.query('ANALYZE');
    return { header, manifest, epoch, migrated };
  } finally {
    client.release();
  }
}

function demandKnownMigrations(header: BackupHeader): void {
  if (knowsMigrations(header.migrations)) return;
  throw new StartError({
    code: 'backup_too_new',
    message: `unable to restore the backup; Parley ${header.serverVersion} wrote it with migrations that this one does not have`,
    hint: `Use Parley ${header.serverVersion} or newer.`,
  });
}

async function demandEmpty(client: pg.ClientBase): Promise<void> {
  const names = await namesOfTables(client);
  if (names.length === 0) return;
  throw new StartError({
    code: 'database_not_empty',
    message: `unable to restore; the database is not empty, it has ${names.length} tables (${names.slice(0, 3).join(', ')} ...)`,
    hint: 'Create a new database for DATABASE_URL, or name a new directory by PARLEY_DATA_DIR; nothing was changed.',
  });
}

async function fill(
  client: pg.ClientBase,
  options: RestoreOptions,
  header: BackupHeader,
  manifest: Manifest,
  files: RestoredFiles,
): Promise<string> {
  try {
    await migrateExactly(options.postgres.db, header.migrations);
    await client.query('BEGIN');
    await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await client.query("SET LOCAL datestyle = 'ISO'");
    await copyAll(client, options, manifest, files);
    await raiseSequences(client);
    const epoch = await settle(client, options, header);
    await client.query('COMMIT');
    return epoch;
  } catch (error) {
    await files.discard();
    await client.query('ROLLBACK').catch(() => {});
    await dropSchema(options.postgres.db);
    throw error;
  }
}

async function copyAll(
  client: pg.ClientBase,
  options: RestoreOptions,
  manifest: Manifest,
  files: RestoredFiles,
): Promise<void> {
  // What migrations put in as a first content is in the backup as it has become.
  const names = (await listTables(client)).map(({ table }) => pg.escapeIdentifier(table));
  await client.query(`TRUNCATE ${names.join(', ')}`);
  const reader = openBackup(options.file);
  await reader.line();
  let rows = 0;
  let bytes = 0;
  for (;;) {
    const entry = parseEntry(await reader.line());
    if ('manifest' in entry) return;
    if ('file' in entry) {
      await files.write(keyOf(entry.file), Readable.from(reader.bytes(entry.bytes), { objectMode: false }));
      bytes += entry.bytes;
    } else {
      const list = entry.columns.map((column) => pg.escapeIdentifier(column)).join(', ');
      const copy = client.query(copyFrom(`COPY ${pg.escapeIdentifier(entry.table)} (${list}) FROM STDIN`));
      const counted = async function* () {
        const onRows = (more: number) => {
          rows += more;
        };
        for await (const part of reader.rows(onRows)) {
          bytes += part.length;
          options.onProgress?.({ rows, bytes });
          yield part;
        }
      };
      await pipeline(Readable.from(counted(), { objectMode: false }), copy);
      if (copy.rowCount !== manifest.tables[entry.table]) {
        throw new Error(`the database took ${copy.rowCount} rows of ${entry.table} and not all`);
      }
    }
    options.onProgress?.({ rows, bytes });
  }
}

/** Numbers that the database gives must go on above those that were copied. */
async function raiseSequences(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT c.relname AS "table", a.attname AS "column", pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL`,
  );
  for (const { table, column, sequence } of rows) {
    await client.query(
      `SELECT setval($1::regclass, (SELECT coalesce(max(${pg.escapeIdentifier(column)}), 0) + 1 FROM ${pg.escapeIdentifier(table)}), false)`,
      [sequence],
    );
  }
}

/** Makes the copy a database of its own; returns its epoch. */
async function settle(client: pg.ClientBase, options: RestoreOptions, header: BackupHeader): Promise<string> {
  if (!options.sameEpoch) {
    // Clients may know positions that were given after the snapshot and will be given again to other changes.
    await client.query(
      `INSERT INTO server_state (key, value) VALUES ('epoch', to_jsonb(gen_random_uuid()::text))
       ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    );
  }
  if (!options.keepSessions) await client.query('DELETE FROM sessions');
  await client.query(`DELETE FROM server_state WHERE key IN ('last_backup', 'last_verify', 'backup_schedule')`);
  await client.query(
    `INSERT INTO server_state (key, value) VALUES ('last_restore', jsonb_build_object('at', now(), 'snapshotAt', $1::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    [header.snapshotAt],
  );
  const { rows } = await client.query<{ epoch: string }>(
    `SELECT value #>> '{}' AS epoch FROM server_state WHERE key = 'epoch'`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the backup has no epoch');
  return row.epoch;
}
