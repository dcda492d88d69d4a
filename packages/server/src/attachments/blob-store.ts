import type { Readable } from 'node:stream';

/** A file as it was stored. */
export interface StoredBlob {
  readonly key: string;
  readonly size: number;
  /** The first bytes, enough to tell what it is. */
  readonly head: Buffer;
}

/** Keeps the bytes of files under names of its own making; what is known about them is in the database. */
export interface BlobStore {
  /** Stores a stream to its end; throws `too_large` above `maxBytes`. A stream that breaks off leaves nothing behind. */
  write(source: Readable, maxBytes: number): Promise<StoredBlob>;
  /** Reads a part, both ends included. */
  read(key: string, range: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Removes a file; one that is not there is no fault. */
  remove(key: string): Promise<void>;
}

/** Bytes of a head. */
export const HEAD_BYTES = 262_144;
