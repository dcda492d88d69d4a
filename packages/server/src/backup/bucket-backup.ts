import { buffer } from 'node:stream/consumers';
import type { S3Bucket, Upload } from '../attachments/s3-bucket.ts';
import { AppError } from '../lib/app-error.ts';
import { StartError } from '../lib/start-error.ts';
import type { BackupFile, BackupShelf } from './backup-file.ts';

/** Held in memory while it is gathered and sent. Storages take nothing below 5 MiB. */
const PART_BYTES = 16_777_216;
/** Storages take no more; what is larger than so many parts has larger ones, all of one size. */
const MAX_PARTS = 9_000;
/** Read at once, so that no connection waits, and is cut, while a database takes its time over the rows. */
const READ_BYTES = 8_388_608;
const MAX_TRIES = 3;

/** A backup in a bucket: stored in parts as it comes, and there only when all of them are. */
export class BucketBackupFile implements BackupFile {
  readonly name: string;
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #partBytes: number;

  constructor(bucket: S3Bucket, key: string, partBytes = PART_BYTES) {
    this.name = `s3://${bucket.name}/${key}`;
    this.#bucket = bucket;
    this.#key = key;
    this.#partBytes = partBytes;
  }

  async write(content: AsyncIterable<Buffer>, expectedBytes: number): Promise<number> {
    const partBytes = Math.max(this.#partBytes, Math.ceil(expectedBytes / MAX_PARTS));
    const upload = await this.#told('write', () => this.#bucket.beginUpload(this.#key));
    try {
      const tags: string[] = [];
      let bytes = 0;
      for await (const part of inParts(content, partBytes)) {
        tags.push(await this.#told('write', () => this.#bucket.putPart(upload, tags.length + 1, part)));
        bytes += part.length;
      }
      await this.#told('write', () => this.#complete(upload, tags, bytes));
      return bytes;
    } catch (error) {
      // Where this fails too, a rule of the bucket, or the next backup there, removes the parts.
      await this.#bucket.abortUpload(upload).catch(() => {});
      throw error;
    }
  }

  async *read(): AsyncGenerator<Buffer> {
    const size = await this.#told('read', () => this.#bucket.sizeOf(this.#key));
    for (let start = 0; start < size; start += READ_BYTES) {
      const end = Math.min(start + READ_BYTES, size) - 1;
      yield await this.#told('read', () => this.#piece(start, end));
    }
  }

  /** An answer that got lost is asked for again, and the upload is then not there any more: the object tells. */
  async #complete(upload: Upload, tags: readonly string[], bytes: number): Promise<void> {
    try {
      await this.#bucket.completeUpload(upload, tags);
    } catch (error) {
      const isThere = error instanceof AppError && error.code === 'not_found';
      if (!isThere || (await this.#bucket.sizeOf(this.#key)) !== bytes) throw error;
    }
  }

  async #piece(start: number, end: number): Promise<Buffer> {
    for (let tries = 1; ; tries++) {
      try {
        const bytes = await buffer(await this.#bucket.get(this.#key, { start, end }));
        if (bytes.length === end - start + 1) return bytes;
        throw new Error(`the storage gave ${bytes.length} bytes of ${end - start + 1}`);
      } catch (error) {
        // The bucket has tried again by itself; here it is the body that broke off.
        if (error instanceof AppError || tries === MAX_TRIES) throw error;
      }
    }
  }

  async #told<Result>(verb: 'read' | 'write', work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StartError) throw error;
      throw new StartError({
        code: verb === 'read' ? 'backup_unreadable' : 'backup_unwritable',
        message: `unable to ${verb} ${this.name}; ${reasonOf(error, verb)}`,
        hint: 'Check the name of the bucket, PARLEY_S3_ENDPOINT, PARLEY_S3_REGION, and what the key may do.',
        cause: error,
      });
    }
  }
}

/** Backups below a prefix of a bucket. */
export class BucketBackupShelf implements BackupShelf {
  readonly name: string;
  readonly #bucket: S3Bucket;
  readonly #prefix: string;
  readonly #partBytes: number;

  constructor(bucket: S3Bucket, prefix: string, partBytes = PART_BYTES) {
    this.name = `s3://${bucket.name}/${prefix}`;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#partBytes = partBytes;
  }

  file(name: string): BackupFile {
    return new BucketBackupFile(this.#bucket, this.#prefix + name, this.#partBytes);
  }

  async list(): Promise<string[]> {
    const names: string[] = [];
    let token: string | null = null;
    do {
      const { xml, next } = await this.#bucket.list(this.#prefix, token);
      for (const [, key = ''] of xml.matchAll(/<Key>([^<]*)</g)) names.push(key.slice(this.#prefix.length));
      token = next;
    } while (token !== null);
    return names;
  }

  remove(name: string): Promise<void> {
    return this.#bucket.delete(this.#prefix + name);
  }

  async tidy(isOurs: (name: string) => boolean): Promise<void> {
    for (const upload of await this.#bucket.openUploads(this.#prefix)) {
      if (isOurs(upload.name.slice(this.#prefix.length))) await this.#bucket.abortUpload(upload);
    }
  }
}

/** Parts of exactly so many bytes, and what is left in a last one; of nothing there is one empty part. */
async function* inParts(content: AsyncIterable<Buffer>, partBytes: number): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let size = 0;
  let count = 0;
  for await (const chunk of content) {
    let rest = chunk;
    while (size + rest.length >= partBytes) {
      yield Buffer.concat([...gathered, rest.subarray(0, partBytes - size)]);
      count += 1;
      rest = rest.subarray(partBytes - size);
      gathered = [];
      size = 0;
    }
    if (rest.length > 0) gathered.push(rest);
    size += rest.length;
  }
  if (size > 0 || count === 0) yield Buffer.concat(gathered);
}

function reasonOf(error: unknown, verb: 'read' | 'write'): string {
  if (error instanceof AppError && error.code === 'not_found') {
    return verb === 'read' ? 'there is no such object' : 'there is no such bucket';
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
