import type { Readable } from 'node:stream';
import type { BlobStore } from '../attachments/blob-store.ts';
import { StartError } from '../lib/start-error.ts';

/** The files of a backup on their way into a store, whichever kind it is; a failed restore takes them out again. */
export class RestoredFiles {
  readonly #blobs: BlobStore | null;
  readonly #written: string[] = [];

  constructor(blobs: BlobStore | null) {
    this.#blobs = blobs;
  }

  /**
   * Refuses a store with files that the backup does not know: they belong to another database, and the server would remove
   * them as files that nobody needs. Files of the backup itself are left from a restore that was killed.
   */
  async demandNoOthers(known: ReadonlySet<string>): Promise<void> {
    if (this.#blobs === null) return;
    await this.#blobs.check();
    for await (const key of this.#blobs.storedBefore(Number.POSITIVE_INFINITY)) {
      if (known.has(key)) continue;
      throw new StartError({
        code: 'attachments_not_empty',
        message: 'unable to restore; where attachments are kept there are files that the backup does not know',
        hint: 'Name a new place by PARLEY_DATA_DIR, or by PARLEY_S3_PREFIX for a bucket; nothing was changed.',
      });
    }
  }

  async write(key: string, content: Readable): Promise<void> {
    if (this.#blobs === null) {
      for await (const _ of content);
      return;
    }
    this.#written.push(key);
    await this.#blobs.put(key, content);
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    for (const key of this.#written) await this.#blobs?.remove(key).catch(() => {});
  }
}
