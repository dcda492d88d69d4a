import type { Readable } from 'node:stream';

/** A file as it was stored. */
export interface StoredBlob {
  readonly key: string;
  readonly size: number;
  /** The first bytes, enough to tell what it is. */
  readonly head: Buffer;
}

/** A part of a file, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Keeps the bytes of files under names of its own making; what is known about them is in the database. A store that cannot be
 * reached, or refuses, throws `unavailable`.
 */
export interface BlobStore {
  /** Stores a stream to its end; throws `too_large` above `maxBytes`. A stream that breaks off leaves nothing behind. */
  write(source: Readable, maxBytes: number): Promise<StoredBlob>;
  /** Stores a stream under a key that another store gave it, as a restore does; one that is there already is written anew. */
  put(key: string, source: Readable): Promise<void>;
  /** Reads a file, or a part of it; throws `not_found` where its bytes are gone. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Removes a file; one that is not there is no fault. */
  remove(key: string): Promise<void>;
  /** Everything that was stored before a time (epoch milliseconds), and what stores that were cut off have left; in any order. */
  storedBefore(time: number): AsyncIterable<string>;
  /** Resolves when the store can be used. */
  check(): Promise<void>;
}

/** Bytes of a head. */
export const HEAD_BYTES = 262_144;

/** What keys look like; nothing else is ever made into a path or an address. */
export const BLOB_KEY = /^[0-9a-f]{48}$/;
