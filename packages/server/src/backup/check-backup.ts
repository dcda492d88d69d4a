import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StartError } from '../lib/start-error.ts';
import { ByteReader } from './byte-reader.ts';
import { type BackupHeader, damaged, type Manifest, parseEntry, parseHeader } from './container.ts';

/** Opens a backup for reading from its first line on. */
export function openBackup(file: string): ByteReader {
  return new ByteReader(uncompressed(file));
}

async function* uncompressed(file: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // Its errors come out of the loop below.
  pipeline(createReadStream(file), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw new StartError({
        code: 'backup_unreadable',
        message: `unable to read the backup; ${error.message}`,
        hint: 'Check the path and who may read it.',
        cause: error,
      });
    }
    throw damaged('it is cut short, or its bytes are not those that were written', error);
  }
}

/** Reads a whole backup and compares it with its manifest; throws `backup_damaged` where they differ. Writes nothing. */
export async function checkBackup(file: string): Promise<{ header: BackupHeader; manifest: Manifest }> {
  const reader = openBackup(file);
  const header = parseHeader(await reader.line());
  const tables: Record<string, number> = {};
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
      return { header, manifest };
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
      files += 1;
    }
  }
}

function sameCounts(left: Record<string, number>, right: Record<string, number>): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
