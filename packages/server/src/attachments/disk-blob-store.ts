import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../lib/app-error.ts';
import { type BlobStore, HEAD_BYTES, type StoredBlob } from './blob-store.ts';

const KEY = /^[0-9a-f]{48}$/;

/** Files below one directory that only the server's user may enter; their names are random and say nothing. */
export class DiskBlobStore implements BlobStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async write(source: Readable, maxBytes: number): Promise<StoredBlob> {
    const key = randomBytes(24).toString('hex');
    const path = this.#pathOf(key);
    const partial = `${path}.part`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      const written = await writeAll(source, partial, maxBytes);
      // Under its name only once it is whole and on the disk.
      await rename(partial, path);
      return { key, ...written };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  async read(key: string, range: { readonly start: number; readonly end: number }): Promise<Readable> {
    const file = await open(this.#pathOf(key), 'r');
    return file.createReadStream(range);
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    if (!KEY.test(key)) throw new Error('a storage key is not one of ours');
    return join(this.#directory, key.slice(0, 2), key);
  }
}

async function writeAll(source: Readable, path: string, maxBytes: number): Promise<{ size: number; head: Buffer }> {
  const file = await open(path, 'wx', 0o600);
  const heads: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (size < HEAD_BYTES) heads.push(chunk.subarray(0, HEAD_BYTES - size));
      size += chunk.length;
      if (size > maxBytes) throw new AppError('too_large', `unable to store the file; at most ${maxBytes} bytes`);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { size, head: Buffer.concat(heads) };
}
