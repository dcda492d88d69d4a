import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { StartError } from '../lib/start-error.ts';
import { type CopiedTable, listTables } from './catalog.ts';
import { BACKUP_FORMAT, type BackupHeader, END_OF_ROWS, type Manifest } from './container.ts';

const NEWLINE = 10;

/** How far a backup or a restore is. */
export interface Progress {
  readonly rows: number;
  readonly bytes: number;
}

export interface BackupOptions {
  /** Connected, and used by nobody else meanwhile. */
  readonly client: pg.ClientBase;
  readonly file: string;
  /** Where attachments are kept; left out of the backup without it, or when there is no such directory. */
  readonly attachmentsDir?: string;
  readonly serverVersion: string;
  onProgress?(progress: Progress): void;
}

export interface BackupReport {
  readonly header: BackupHeader;
  readonly manifest: Manifest;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * Writes one consistent snapshot of the database to a file, while others go on reading and writing. The file has its name
 * only once it is whole and on the disk; only its owner may read it, since it holds every message.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const { client } = options;
  try {
    const { header, tables } = await openSnapshot(client, options.serverVersion);
    const report = await writeSnapshot(options, header, tables);
    await client.query('COMMIT');
    return report;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function writeSnapshot(
  options: BackupOptions,
  header: BackupHeader,
  tables: readonly CopiedTable[],
): Promise<BackupReport> {
  const { file } = options;
  const part = `${file}.part`;
  const handle = await openPart(part);
  try {
    const manifest: Manifest = { tables: {}, files: 0, sha256: '' };
    const content = Readable.from(contentOf(options, header, tables, manifest), { objectMode: false });
    await pipeline(content, createGzip(), createWriteStream('', { fd: handle.fd, autoClose: false }));
    await handle.sync();
    const { size } = await handle.stat();
    await handle.close();
    await rename(part, file);
    await syncDirectory(dirname(file));
    return { header, manifest, bytes: size };
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

/** A file of this name is left from a backup that was killed: no other one runs, as the lock of the snapshot has shown. */
async function openPart(part: string) {
  try {
    await rm(part, { force: true });
    return await open(part, 'wx', 0o600);
  } catch (error) {
    throw new StartError({
      code: 'backup_unwritable',
      message: `unable to write ${part}; ${error instanceof Error ? error.message : String(error)}`,
      hint: 'See that the directory is there and can be written.',
      cause: error,
    });
  }
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
  return { header, tables };
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

/** All bytes of the container; fills the manifest as it goes. */
async function* contentOf(
  options: BackupOptions,
  header: BackupHeader,
  tables: readonly CopiedTable[],
  manifest: Manifest,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  for await (const part of partsOf(options, header, tables, manifest)) {
    hash.update(part.bytes);
    rows += part.rows;
    bytes += part.bytes.length;
    options.onProgress?.({ rows, bytes });
    yield part.bytes;
  }
  manifest.sha256 = hash.digest('hex');
  yield lineOf({ manifest });
}

interface Part {
  readonly bytes: Buffer;
  readonly rows: number;
}

async function* partsOf(
  { client, attachmentsDir }: BackupOptions,
  header: BackupHeader,
  tables: readonly CopiedTable[],
  manifest: Manifest,
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
  if (attachmentsDir === undefined) return;
  for await (const bytes of filesOf(attachmentsDir, manifest)) yield { bytes, rows: 0 };
}

/** Files are written once and never changed, so that those the snapshot speaks of are still what they were. */
async function* filesOf(directory: string, manifest: Manifest): AsyncGenerator<Buffer> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // One that was removed since belongs to no message of now; one that is open can be read to its end.
    const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (handle === undefined) continue;
    const { size } = await handle.stat();
    yield lineOf({ file: relative(directory, path).split(sep).join('/'), bytes: size });
    let read = 0;
    if (size > 0) {
      for await (const chunk of handle.createReadStream({ end: size - 1, autoClose: false })) {
        read += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    }
    await handle.close();
    if (read !== size) throw new Error(`unable to back up ${path}; it changed while it was read`);
    yield Buffer.of(NEWLINE);
    manifest.files += 1;
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function lineOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** A renamed file survives a power cut only once its directory is on the disk. Windows has no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
