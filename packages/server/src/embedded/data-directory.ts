import { closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '../lib/start-error.ts';
import type { Account } from './account.ts';

/** Creates the data directory for our eyes only, or opens it; gives its absolute path. */
export function openDataDirectory(dataDir: string): string {
  const path = resolve(dataDir);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartError({
      code: 'data_dir_unusable',
      message: `unable to create the data directory ${path}; ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Choose a data directory that this user may create and write.',
      cause,
    });
  }
  return path;
}

/** Where the PostgreSQL cluster lives below a data directory. */
export function clusterDirectory(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/** Directories as they are told to a PostgreSQL process: their names there, and descriptors that must be inherited. */
export interface InheritedDirectories {
  /** What to pass as arguments instead of the paths, in the same order. */
  readonly names: readonly string[];
  /** To be placed after stdin, stdout and stderr in `stdio`; none when the plain paths are used. */
  readonly descriptors: readonly number[];
  /** Closes our side, once the process runs. */
  close(): void;
}

/** The number under which a child finds the first descriptor after stdin, stdout and stderr. */
const FIRST_INHERITED = 3;

/**
 * Opens directories for a child under `account`. The way to them may be closed for that account (a checkout below a
 * home directory of mode 0700), so on Linux we open them here and the child names them by the descriptors it inherits:
 * the kernel follows `/proc/self/fd/3` straight to the directory and never walks the parents. PostgreSQL's own children
 * are forks and inherit the same descriptors. Data stay where the operator put them, and our directory stays 0700.
 */
export function inheritDirectories(paths: readonly string[], account: Account | undefined): InheritedDirectories {
  if (account === undefined || !existsSync('/proc/self/fd')) return { names: paths, descriptors: [], close: () => {} };
  const descriptors = paths.map((path) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
  return {
    names: paths.map((_, index) => `/proc/self/fd/${FIRST_INHERITED + index}`),
    descriptors,
    close: () => {
      for (const descriptor of descriptors) closeSync(descriptor);
    },
  };
}

/** Refuses a cluster that belongs to another user: PostgreSQL would refuse it too, in more words. */
export function requireOwnCluster(clusterDir: string): void {
  const uid = process.getuid?.();
  const owner = statSync(clusterDir, { throwIfNoEntry: false })?.uid;
  if (uid === undefined || uid === 0 || owner === undefined || owner === uid) return;
  throw new StartError({
    code: 'data_dir_not_ours',
    message: `unable to open ${clusterDir}; it belongs to user id ${owner}, this process runs as ${uid}`,
    hint: `Start the server as user id ${owner} or as root, or choose another data directory.`,
  });
}
