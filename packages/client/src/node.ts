import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientStorage } from './storage.ts';

const SUFFIX = '.json';

/**
 * Keeps things in a directory, one file each: written aside, synced and renamed, so that a crash leaves the old or the new value and
 * several processes may share the directory. Only the user may read it.
 */
export function fileStorage(directory: string): ClientStorage {
  const makeDirectory = () => mkdir(directory, { recursive: true, mode: 0o700 });
  const pathOf = (key: string): string => join(directory, encodeURIComponent(key) + SUFFIX);
  return {
    get: async (key) => readIfThere(pathOf(key)),
    set: async (key, value) => {
      await makeDirectory();
      await writeWhole(pathOf(key), value);
    },
    delete: (key) => rm(pathOf(key), { force: true }),
    entries: async (prefix) => {
      await makeDirectory();
      const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX));
      const keys = names.map((name) => decodeURIComponent(name.slice(0, -SUFFIX.length)));
      const found = keys
        .filter((key) => key.startsWith(prefix))
        .map(async (key) => ({ key, value: await readIfThere(pathOf(key)) }));
      return (await Promise.all(found)).flatMap(({ key, value }) =>
        value === undefined ? [] : [[key, value] as const],
      );
    },
  };
}

async function writeWhole(path: string, value: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(value);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // Another process may have taken it away in between.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
