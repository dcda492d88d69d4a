import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../lib/start-error.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-table.ts';

/** The right of this process to be the only server on a data directory, until `release`. */
export interface DirectoryLock {
  release(): void;
}

/** How often a lock that changes hands at this very moment is looked at again. */
const MAX_TRIES = 5;

/**
 * Takes `parley.lock` in the data directory, or throws a StartError that names the process which has it. The lock of
 * a process that has died is taken over, also when its pid belongs to somebody else by now.
 */
export function lockDirectory(dataDir: string): DirectoryLock {
  const path = join(dataDir, 'parley.lock');
  const content = JSON.stringify(identifyProcess(process.pid) ?? { pid: process.pid, startedAt: '' });
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if (createLock(path, content)) return { release: () => releaseLock(path, content) };
    const found = readLock(path);
    if (found === undefined) continue;
    const holder = parseLock(found);
    if (holder !== undefined && isRunning(holder)) throw inUse(dataDir, holder.pid);
    discardLock(path, found);
  }
  throw new StartError({
    code: 'data_dir_in_use',
    message: `unable to start on ${dataDir}; other processes are starting there at the same time`,
    hint: 'Start one server for each data directory.',
  });
}

/** The refusal for a directory in which process `pid` already runs a server. */
export function inUse(dataDir: string, pid: number): StartError {
  return new StartError({
    code: 'data_dir_in_use',
    message: `unable to start on ${dataDir}; process ${pid} already runs a server there`,
    hint: 'Stop that process first, or give this one a data directory of its own.',
  });
}

/** A link appears with its whole content at once, and fails when the name is taken. */
function createLock(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}.${process.hrtime.bigint()}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead lock away; when another starter was faster, what was moved is his live lock and goes back. */
function discardLock(path: string, judged: string): void {
  const away = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, away);
    if (readFileSync(away, 'utf8') !== judged) linkSync(away, path);
  } catch {
    // Somebody else moved it first: the next attempt judges what is there now.
  } finally {
    rmSync(away, { force: true });
  }
}

function releaseLock(path: string, content: string): void {
  if (readLock(path) === content) rmSync(path, { force: true });
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A lock that nobody can read names no living process. */
function parseLock(content: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return undefined;
    const { pid, startedAt } = value;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}
