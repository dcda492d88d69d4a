import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { BLOB_KEY, type BlobStore, type ByteRange, type StoredBlob } from './blob-store.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { spool } from './spool.ts';

const OBJECT = /<Contents>.*?<\/Contents>/gs;

/**
 * Files in a bucket of any storage that speaks the S3 protocol, for servers of several nodes. An upload is gathered in a temporary
 * file first: the bucket gets it whole, with its length and its hash, or not at all.
 */
export class S3BlobStore implements BlobStore {
  readonly #bucket: S3Bucket;
  readonly #prefix: string;

  constructor(bucket: S3Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  write(source: Readable, maxBytes: number): Promise<StoredBlob> {
    return this.#store(randomBytes(24).toString('hex'), source, maxBytes);
  }

  async put(key: string, source: Readable): Promise<void> {
    await this.#store(key, source, Number.POSITIVE_INFINITY);
  }

  async #store(key: string, source: Readable, maxBytes: number): Promise<StoredBlob> {
    const name = this.#nameOf(key);
    const directory = await mkdtemp(join(tmpdir(), 'parley-upload-'));
    try {
      const path = join(directory, key);
      const { size, head, sha256 } = await spool(source, path, maxBytes);
      await this.#bucket.put(name, { path, size, sha256 });
      return { key, size, head };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    return this.#bucket.get(this.#nameOf(key), range);
  }

  async remove(key: string): Promise<void> {
    await this.#bucket.delete(this.#nameOf(key));
  }

  async *storedBefore(time: number): AsyncIterable<string> {
    let token: string | null = null;
    do {
      const { xml, next } = await this.#bucket.list(this.#prefix, token);
      for (const [object] of xml.matchAll(OBJECT)) {
        const name = /<Key>([^<]*)</.exec(object)?.[1] ?? '';
        const key = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : '';
        const modified = Date.parse(/<LastModified>([^<]*)</.exec(object)?.[1] ?? '');
        if (BLOB_KEY.test(key) && modified < time) yield key;
      }
      token = next;
    } while (token !== null);
  }

  check(): Promise<void> {
    return this.#bucket.check();
  }

  #nameOf(key: string): string {
    if (!BLOB_KEY.test(key)) throw new Error('a storage key is not one of ours');
    return this.#prefix + key;
  }
}
