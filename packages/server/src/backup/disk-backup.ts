import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../lib/start-error.ts';
import type { BackupFile, BackupShelf } from './backup-file.ts';

const PARTIAL = '.part';
/** Fewer turns than the 64 KiB of the default. */
const READ_BYTES = 1_048_576;

/**
 * A backup in a file. It has its name only once it is whole and on the disk; only its owner may read it, since it holds every
 * message.
 */
export class DiskBackupFile implements BackupFile {
  readonly name: string;

  constructor(path: string) {
    this.name = path;
  }

  async write(content: AsyncIterable<Buffer>): Promise<number> {
    const part = this.name + PARTIAL;
    const handle = await openPart(part);
    try {
      for await (const chunk of content) await handle.writeFile(chunk);
      await handle.sync();
      const { size } = await handle.stat();
      await handle.close();
      await rename(part, this.name);
      await syncDirectory(dirname(this.name));
      return size;
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(part, { force: true });
      throw isOfSystem(error) ? unwritable(this.name, error) : error;
    }
  }

  async *read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of createReadStream(this.name, { highWaterMark: READ_BYTES })) yield chunk as Buffer;
    } catch (error) {
      if (!isOfSystem(error)) throw error;
      throw new StartError({
        code: 'backup_unreadable',
        message: `unable to read the backup; ${error.message}`,
        hint: 'Check the path and who may read it.',
        cause: error,
      });
    }
  }
}

/** Backups in a directory, which is made when the first one is written. */
export class DiskBackupShelf implements BackupShelf {
  readonly name: string;

  constructor(directory: string) {
    this.name = directory;
  }

  file(name: string): BackupFile {
    const file = new DiskBackupFile(join(this.name, name));
    return {
      name: file.name,
      read: () => file.read(),
      write: async (content) => {
        await mkdir(this.name, { recursive: true, mode: 0o700 }).catch((error: Error) => {
          throw unwritable(file.name, error);
        });
        return file.write(content);
      },
    };
  }

  async list(): Promise<string[]> {
    return await readdir(this.name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.name, name), { force: true });
  }

  async tidy(isOurs: (name: string) => boolean): Promise<void> {
    for (const name of await this.list()) {
      if (name.endsWith(PARTIAL) && isOurs(name.slice(0, -PARTIAL.length))) await this.remove(name);
    }
  }
}

/** A file of this name is left from a backup that was killed: no other one runs, as the lock of the snapshot has shown. */
async function openPart(part: string): Promise<FileHandle> {
  try {
    await rm(part, { force: true });
    return await open(part, 'wx', 0o600);
  } catch (error) {
    throw unwritable(part, error as Error);
  }
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function unwritable(path: string, cause: Error): StartError {
  return new StartError({
    code: 'backup_unwritable',
    message: `unable to write ${path}; ${cause.message}`,
    hint: 'See that the directory is there, can be written, and has room.',
    cause,
  });
}

/** A renamed file survives a power cut only once its directory is on the disk. Windows has no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
