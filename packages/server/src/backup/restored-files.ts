import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StartError } from '../lib/start-error.ts';
import { damaged } from './container.ts';

/** The attachments of a backup: beside their directory until all are there, so that a failed restore leaves none. */
export class RestoredFiles {
  readonly #directory: string;
  readonly #aside: string;
  #hasWritten = false;
  #isKept = false;

  constructor(directory: string) {
    this.#directory = directory;
    this.#aside = `${directory}.restoring`;
  }

  /** Refuses a directory that holds files already. */
  async demandEmpty(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    if (names.length === 0) return;
    throw new StartError({
      code: 'attachments_not_empty',
      message: `unable to restore; there are files in ${this.#directory}`,
      hint: 'Name a new directory by PARLEY_DATA_DIR, or move these files away; nothing was changed.',
    });
  }

  /** Writes one file by its path below the directory; a path that leads out of it is refused. */
  async write(path: string, content: Readable): Promise<void> {
    if (posix.isAbsolute(path) || path !== posix.normalize(path) || /(^|\/)\.\.(\/|$)|[\\:\0]/.test(path)) {
      throw damaged('the name of a file in it leads elsewhere');
    }
    if (!this.#hasWritten) await rm(this.#aside, { recursive: true, force: true });
    this.#hasWritten = true;
    const target = join(this.#aside, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await pipeline(content, createWriteStream(target, { mode: 0o600, flush: true }));
  }

  /** Gives the files their place. */
  async keep(): Promise<void> {
    if (!this.#hasWritten) return;
    // Empty, as was seen before; rmdir refuses if it is not any more.
    await rmdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(this.#aside, this.#directory);
    this.#isKept = true;
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    if (this.#hasWritten) await rm(this.#isKept ? this.#directory : this.#aside, { recursive: true, force: true });
  }
}
