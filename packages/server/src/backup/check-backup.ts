import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StartError } from '../lib/start-error.ts';
import type { BackupFile } from './backup-file.ts';
import { ByteReader } from './byte-reader.ts';
import { type BackupHeader, damaged, keyOf, type Manifest, parseEntry, parseHeader } from './container.ts';

const GUNZIP_BYTES = 262_144;

/** What a backup holds, by its own bytes. */
export interface CheckedBackup {
  readonly header: BackupHeader;
  readonly manifest: Manifest;
  /** The keys of its files. */
  readonly keys: ReadonlySet<string>;
}

/** Opens a backup for reading from its first line on. */
export function openBackup(file: BackupFile, signal?: AbortSignal): ByteReader {
  return new ByteReader(uncompressed(file, signal));
}

async function* uncompressed(file: BackupFile, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: GUNZIP_BYTES });
  // Its errors come out of the loop below.
  pipeline(file.read(), gunzip, () => {});
  try {
    for await (const chunk of gunzip) {
      signal?.throwIfAborted();
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof StartError || signal?.aborted === true) throw error;
    throw damaged('it is cut short, or its bytes are not those that were written', error);
  }
}

/** Reads a whole backup and compares it with its manifest; throws `backup_damaged` where they differ. Writes nothing. */
export async function checkBackup(file: BackupFile, signal?: AbortSignal): Promise<CheckedBackup> {
  const reader = openBackup(file, signal);
  const header = parseHeader(await reader.line());
  const tables: Record<string, number> = {};
  const keys = new Set<string>();
  let files = 0;
  for (;;) {
    const entry = parseEntry(await reader.line());
    if ('manifest' in entry) {
      const { manifest } = entry;
      if (reader.digest() !== manifest.sha256) throw damaged('its SHA-256 is not the one in its manifest');
      if (files !== manifest.files || !sameCounts(tables, manifest.tables)) {
        throw damaged('it does not hold as many rows or files as its manifest says');
      }
      if (!(await reader.isAtEnd())) throw damaged('something follows its end');
      return { header, manifest, keys };
    }
    if ('table' in entry) {
      let count = 0;
      const onRows = (rows: number) => {
        count += rows;
      };
      for await (const _ of reader.rows(onRows));
      tables[entry.table] = count;
    } else {
      for await (const _ of reader.bytes(entry.bytes));
      keys.add(keyOf(entry.file));
      files += 1;
    }
  }
}

function sameCounts(left: Record<string, number>, right: Record<string, number>): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
