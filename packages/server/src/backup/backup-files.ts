import { buffer } from 'node:stream/consumers';
import type pg from 'pg';
import type { BlobStore, ByteRange } from '../attachments/blob-store.ts';
import { AppError } from '../lib/app-error.ts';
import { pathOf } from './container.ts';

/** Rows read at once. */
const PAGE = 500;
/** Read at once, so that nothing waits at the store, and is cut, while the place of the backup takes its time. */
const PIECE_BYTES = 4_194_304;
const MAX_TRIES = 3;

/** A file for a backup. */
export interface FileForBackup {
  readonly head: { readonly file: string; readonly bytes: number };
  /** Null: its bytes are gone. */
  readonly content: AsyncIterable<Buffer> | null;
}

interface NamedFile {
  readonly key: string;
  /** Null for what is small: the database does not tell. */
  readonly size: number | null;
}

/**
 * The files that the messages of a snapshot have, out of the store of any kind. They are written once and never changed, so
 * that they are what they were when the snapshot was taken; what was deleted since may be gone.
 */
export async function* filesOf(
  client: pg.ClientBase,
  blobs: BlobStore,
  columns: readonly string[],
): AsyncGenerator<FileForBackup> {
  for await (const { key, size } of namedFiles(client, columns)) {
    const first = await readPiece(blobs, key, size, 0);
    const head = { file: pathOf(key), bytes: size ?? first?.length ?? 0 };
    yield { head, content: first === null ? null : contentOf(blobs, key, size ?? first.length, first) };
  }
}

async function* namedFiles(client: pg.ClientBase, columns: readonly string[]): AsyncGenerator<NamedFile> {
  // Schemas of before had no small versions.
  const thumb = columns.includes('thumb_key') ? 'thumb_key' : 'NULL::text';
  let after = '';
  for (;;) {
    const { rows } = await client.query<{ key: string; size: number | string; thumb: string | null }>(
      `SELECT storage_key AS key, size, ${thumb} AS thumb FROM attachments
        WHERE gone_at IS NULL AND storage_key > $1 ORDER BY storage_key LIMIT ${PAGE}`,
      [after],
    );
    for (const { key, size, thumb: small } of rows) {
      yield { key, size: Number(size) };
      if (small !== null) yield { key: small, size: null };
    }
    after = rows.at(-1)?.key ?? '';
    if (rows.length < PAGE) return;
  }
}

async function* contentOf(blobs: BlobStore, key: string, size: number, first: Buffer): AsyncGenerator<Buffer> {
  yield first;
  for (let at = first.length; at < size; ) {
    const piece = await readPiece(blobs, key, size, at);
    if (piece === null) throw new Error(`unable to back up ${key}; it was removed while it was read`);
    yield piece;
    at += piece.length;
  }
}

/** The piece that begins so far into a file; null where there is no such file. */
async function readPiece(blobs: BlobStore, key: string, size: number | null, start: number): Promise<Buffer | null> {
  const isWhole = size === null || size <= PIECE_BYTES;
  const range: ByteRange | undefined = isWhole ? undefined : { start, end: Math.min(start + PIECE_BYTES, size) - 1 };
  const expected = range === undefined ? size : range.end - range.start + 1;
  for (let tries = 1; ; tries++) {
    try {
      const bytes = await buffer(await blobs.read(key, range));
      if (expected === null || bytes.length === expected) return bytes;
      throw new Error(`unable to back up ${key}; ${bytes.length} bytes came in place of ${expected}`);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return null;
      // A store that cannot be reached was asked again already; an answer that broke off was not.
      if (error instanceof AppError || tries === MAX_TRIES) throw error;
    }
  }
}
