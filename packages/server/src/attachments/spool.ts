import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError } from '../lib/app-error.ts';
import { HEAD_BYTES } from './blob-store.ts';

/** A stream that was written to its end. */
export interface Spooled {
  readonly size: number;
  readonly head: Buffer;
  /** SHA-256 of all bytes, in hex. */
  readonly sha256: string;
}

/** Writes a stream into a new file, to the disk; throws `too_large` above `maxBytes`. What is there after an error is its caller's to remove. */
export async function spool(source: Readable, path: string, maxBytes: number): Promise<Spooled> {
  const file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  const heads: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (size < HEAD_BYTES) heads.push(chunk.subarray(0, HEAD_BYTES - size));
      size += chunk.length;
      if (size > maxBytes) throw new AppError('too_large', `unable to store the file; at most ${maxBytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { size, head: Buffer.concat(heads), sha256: hash.digest('hex') };
}
