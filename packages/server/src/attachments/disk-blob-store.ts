import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../lib/app-error.ts';
import { BLOB_KEY, type BlobStore, type ByteRange, type StoredBlob } from './blob-store.ts';
import { spool } from './spool.ts';

const PARTIAL = '.part';

/** Files below one directory that only the server's user may enter; their names are random and say nothing. */
export class DiskBlobStore implements BlobStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  write(source: Readable, maxBytes: number): Promise<StoredBlob> {
    return this.#store(randomBytes(24).toString('hex'), source, maxBytes);
  }

  async put(key: string, source: Readable): Promise<void> {
    // What a restore that was killed has left half written stands in the way.
    await rm(this.#pathOf(key) + PARTIAL, { force: true });
    await this.#store(key, source, Number.POSITIVE_INFINITY);
  }

  async #store(key: string, source: Readable, maxBytes: number): Promise<StoredBlob> {
    const path = this.#pathOf(key);
    const partial = path + PARTIAL;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      const { size, head } = await spool(source, partial, maxBytes);
      // Under its name only once it is whole and on the disk.
      await rename(partial, path);
      return { key, size, head };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    try {
      const file = await open(this.#pathOf(key), 'r');
      return file.createReadStream(range);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new AppError('not_found', 'unable to give the file; its bytes are gone', { level: 'error', cause: error });
    }
  }

  async remove(key: string): Promise<void> {
    const path = this.#pathOf(key);
    for (const one of [path, path + PARTIAL]) await rm(one, { force: true });
  }

  async *storedBefore(time: number): AsyncIterable<string> {
    for (const folder of await namesIn(this.#directory)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await namesIn(join(this.#directory, folder))) {
        const key = name.endsWith(PARTIAL) ? name.slice(0, -PARTIAL.length) : name;
        if (BLOB_KEY.test(key) && (await modifiedAt(join(this.#directory, folder, name))) < time) yield key;
      }
    }
  }

  async check(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  #pathOf(key: string): string {
    if (!BLOB_KEY.test(key)) throw new Error('a storage key is not one of ours');
    return join(this.#directory, key.slice(0, 2), key);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Never, for what has gone meanwhile. */
async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
