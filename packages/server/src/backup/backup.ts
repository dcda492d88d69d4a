import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { BlobStore } from '../attachments/blob-store.ts';
import { StartError } from '../lib/start-error.ts';
import type { BackupFile } from './backup-file.ts';
import { filesOf } from './backup-files.ts';
import { type CopiedTable, listTables } from './catalog.ts';
import { BACKUP_FORMAT, type BackupHeader, END_OF_ROWS, lineOf, type Manifest } from './container.ts';

const NEWLINE = 10;
/** The default of 16 KiB would make many small writes. */
const GZIP_BYTES = 262_144;

/** How far a backup or a restore is. */
export interface Progress {
  readonly rows: number;
  readonly bytes: number;
}

export interface BackupOptions {
  /** Connected apart, and used by nobody else meanwhile; after a failure it is of no more use. */
  readonly client: pg.ClientBase;
  readonly file: BackupFile;
  /** Where the files of messages are kept; null leaves them out of the backup. */
  readonly blobs: BlobStore | null;
  readonly serverVersion: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Gives the backup up. */
  readonly signal?: AbortSignal;
}

export interface BackupReport {
  readonly header: BackupHeader;
  readonly manifest: Manifest;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Files that the database speaks of, and whose bytes are gone. */
  readonly missing: number;
}

/** Writes one consistent snapshot of the database, and the files that it speaks of, while others go on reading and writing. */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const { client, file } = options;
  const { header, tables, expectedBytes } = await openSnapshot(client, options.serverVersion);
  const manifest: Manifest = { tables: {}, files: 0, sha256: '' };
  const found = { missing: 0 };
  const content = contentOf(options, header, tables, { manifest, found });
  const compressed = createGzip({ chunkSize: GZIP_BYTES });
  // Its errors come to whoever reads from it, and so out of the place.
  pipeline(Readable.from(content, { objectMode: false }), compressed, () => {});
  const bytes = await file.write(compressed, expectedBytes);
  await client.query('COMMIT');
  return { header, manifest, bytes, missing: found.missing };
}

/** One snapshot for all tables. No time limit: a backup takes as long as it takes. */
async function openSnapshot(client: pg.ClientBase, serverVersion: string) {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  await client.query("SET LOCAL datestyle = 'ISO'");
  await demandAlone(client);
  const tables = await listTables(client);
  if (!tables.some(({ table }) => table === 'server_state')) {
    throw new StartError({
      code: 'nothing_to_back_up',
      message: 'unable to back up; the database holds no Parley',
      hint: 'Check DATABASE_URL or PARLEY_DATA_DIR.',
    });
  }
  // A migration that ran meanwhile would change tables under the copy.
  const names = tables.map(({ table }) => pg.escapeIdentifier(table)).join(', ');
  await client.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
  const { rows: facts } = await client.query<{ at: string; version: string; epoch: string; migrations: string[] }>(
    `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
            current_setting('server_version') AS version,
            (SELECT value #>> '{}' FROM server_state WHERE key = 'epoch') AS epoch,
            ARRAY(SELECT name::text FROM kysely_migration ORDER BY name) AS migrations`,
  );
  const [fact] = facts;
  if (fact === undefined) throw new Error('the database gave no facts');
  const header: BackupHeader = {
    parley: 'backup',
    format: BACKUP_FORMAT,
    serverVersion,
    postgresVersion: fact.version,
    migrations: fact.migrations,
    epoch: fact.epoch,
    snapshotAt: fact.at,
  };
  return { header, tables, expectedBytes: await estimate(client, tables) };
}

/** More than the backup can come to, for places that must know: rows compressed take less than tables and indexes. */
async function estimate(client: pg.ClientBase, tables: readonly CopiedTable[]): Promise<number> {
  const hasFiles = tables.some(({ table }) => table === 'attachments');
  const files = hasFiles ? '(SELECT coalesce(sum(size), 0) FROM attachments)::float8 * 1.1' : '0';
  const { rows } = await client.query<{ bytes: number }>(
    `SELECT pg_database_size(current_database())::float8 + ${files} AS bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

/** Two backups that write the same file would spoil it, and two at once are of no use. The lock ends with the transaction. */
async function demandAlone(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ alone: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('parley backup', 0)) AS alone`,
  );
  if (rows[0]?.alone === true) return;
  throw new StartError({
    code: 'backup_running',
    message: 'unable to back up; another backup of this database is running',
    hint: 'Wait until it has ended.',
  });
}

/** What is learned on the way. */
interface Tally {
  readonly manifest: Manifest;
  readonly found: { missing: number };
}

/** All bytes of the container; fills the tally as it goes. */
async function* contentOf(
  options: BackupOptions,
  header: BackupHeader,
  tables: readonly CopiedTable[],
  tally: Tally,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  for await (const part of partsOf(options, header, tables, tally)) {
    options.signal?.throwIfAborted();
    hash.update(part.bytes);
    rows += part.rows;
    bytes += part.bytes.length;
    options.onProgress?.({ rows, bytes });
    yield part.bytes;
  }
  tally.manifest.sha256 = hash.digest('hex');
  yield lineOf({ manifest: tally.manifest });
}

interface Part {
  readonly bytes: Buffer;
  readonly rows: number;
}

async function* partsOf(
  { client, blobs }: BackupOptions,
  header: BackupHeader,
  tables: readonly CopiedTable[],
  { manifest, found }: Tally,
): AsyncGenerator<Part> {
  yield { bytes: lineOf(header), rows: 0 };
  for (const { table, columns } of tables) {
    yield { bytes: lineOf({ table, columns }), rows: 0 };
    let count = 0;
    const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
    for await (const bytes of client.query(copyTo(`COPY ${pg.escapeIdentifier(table)} (${list}) TO STDOUT`))) {
      const rows = countLines(bytes as Buffer);
      count += rows;
      yield { bytes: bytes as Buffer, rows };
    }
    manifest.tables[table] = count;
    yield { bytes: Buffer.from(`${END_OF_ROWS}\n`), rows: 0 };
  }
  const columns = tables.find(({ table }) => table === 'attachments')?.columns;
  if (blobs === null || columns === undefined) return;
  for await (const { head, content } of filesOf(client, blobs, columns)) {
    if (content === null) {
      found.missing += 1;
      continue;
    }
    yield { bytes: lineOf(head), rows: 0 };
    for await (const bytes of content) yield { bytes, rows: 0 };
    yield { bytes: Buffer.of(NEWLINE), rows: 0 };
    manifest.files += 1;
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
