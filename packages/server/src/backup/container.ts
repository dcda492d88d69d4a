import { z } from 'zod';
import { BLOB_KEY } from '../attachments/blob-store.ts';
import { StartError } from '../lib/start-error.ts';

/**
 * A backup is a gzip file of lines, so that `zcat` shows it and its tables can be saved by hand:
 *
 *     {"parley":"backup","format":1,...}           the header
 *     {"table":"users","columns":["id",...]}       one of these for each table, in an order that foreign keys allow
 *     ...                                          its rows in PostgreSQL's COPY text format, one to a line
 *     \.                                           the end of the table
 *     {"file":"ab/abcdef","bytes":1234}            one of these for each file of the attachments, by its path on a disk
 *     ...                                          exactly that many bytes, then a line end
 *     {"manifest":{"tables":{"users":3},"files":1,"sha256":"..."}}   rows of each table; the hash is of all lines before
 */
export const BACKUP_FORMAT = 1;

/** Ends the rows of a table: COPY doubles every backslash of the data, so that no row looks like this. */
export const END_OF_ROWS = '\\.';

const name = z.string().min(1).max(200);

const headerSchema = z.object({
  parley: z.literal('backup'),
  format: z.number().int(),
  serverVersion: z.string(),
  postgresVersion: z.string(),
  migrations: z.array(name),
  epoch: z.string(),
  /** When the snapshot was taken, as ISO 8601. */
  snapshotAt: z.string(),
});

const entrySchema = z.union([
  z.object({ table: name, columns: z.array(name).min(1) }),
  z.object({ file: z.string().min(1).max(4_000), bytes: z.number().int().nonnegative() }),
  z.object({
    manifest: z.object({
      tables: z.record(name, z.number().int().nonnegative()),
      files: z.number().int().nonnegative(),
      sha256: z.string().length(64),
    }),
  }),
]);

export type BackupHeader = z.output<typeof headerSchema>;
export type BackupEntry = z.output<typeof entrySchema>;
export type Manifest = Extract<BackupEntry, { manifest: unknown }>['manifest'];

/** Reads the first line; refuses what is no backup and what a later Parley has written. */
export function parseHeader(line: string): BackupHeader {
  const header = headerSchema.safeParse(parseJson(line));
  if (!header.success) throw damaged('it does not begin as a backup of Parley does');
  if (header.data.format !== BACKUP_FORMAT) {
    throw new StartError({
      code: 'backup_too_new',
      message: `unable to read the backup; its format is ${header.data.format}, and this Parley knows ${BACKUP_FORMAT}`,
      hint: `Use Parley ${header.data.serverVersion} or newer.`,
    });
  }
  return header.data;
}

/** Reads the line that begins a table, a file or the manifest. */
export function parseEntry(line: string): BackupEntry {
  const entry = entrySchema.safeParse(parseJson(line));
  if (!entry.success) throw damaged('a table, a file or the manifest should begin where something else stands');
  return entry.data;
}

/** Where a file of the attachments is written in a container. */
export function pathOf(key: string): string {
  return `${key.slice(0, 2)}/${key}`;
}

/** The key of a file by its path; nothing else is taken. */
export function keyOf(path: string): string {
  const key = path.slice(3);
  if (!BLOB_KEY.test(key) || path !== pathOf(key)) throw damaged('the name of a file in it is not one of ours');
  return key;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The error of a file that is not what was written. */
export function damaged(reason: string, cause?: unknown): StartError {
  return new StartError({
    code: 'backup_damaged',
    message: `unable to use the backup; ${reason}`,
    hint: 'Nothing was changed. Use another backup, or fetch this file again from where it is kept.',
    cause,
  });
}

/** A line of the container. */
export function lineOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
