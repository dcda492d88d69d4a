import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** One missing library link of a platform package: `target` shall lead to `source`, both relative to the package. */
interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/** What is only needed to compile against PostgreSQL. */
const NOT_NEEDED = /\.a$|^pkgconfig$|^include$/;

/**
 * Creates the library links that the package's install script makes where install scripts are allowed to run; an npm
 * package cannot carry links itself. Throws when the folder is read-only and one is missing.
 */
export function linkLibraries(nativeDir: string): void {
  for (const { source, target } of readLibraryLinks(nativeDir)) {
    const path = join(dirname(nativeDir), target);
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/**
 * Copies a package's binaries, readable for everyone and with their links, into a folder named `name` below the first
 * usable parent; gives its path. A finished copy of an earlier start is used again.
 */
export function copyBinaries(nativeDir: string, parents: readonly string[], name: string): string {
  let refusal: unknown;
  for (const parent of parents) {
    try {
      preparePrivateParent(parent);
      const path = join(parent, name, 'native');
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) copyWhole(nativeDir, join(parent, name));
      return path;
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

/** Folders that every account can reach and that root may fill; the last one is emptied by some systems at boot. */
export function reachableParents(): string[] {
  return ['/var/cache/parley', '/var/tmp/parley', join(tmpdir(), 'parley')];
}

/** Only a folder that nobody but us can write may hold programs that we start. */
function preparePrivateParent(parent: string): void {
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  const stat = lstatSync(parent);
  const isOurs = stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  if (!isOurs) throw new Error(`${parent} is writable by others`);
}

/** Copies beside the goal and renames, so that a copy which was killed half-way is never used. */
function copyWhole(nativeDir: string, goal: string): void {
  const draft = `${goal}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o755 });
  copyTree(nativeDir, join(draft, 'native'));
  linkLibraries(join(draft, 'native'));
  try {
    renameSync(draft, goal);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another start has finished the same copy meanwhile.
    if (lstatSync(join(goal, 'native'), { throwIfNoEntry: false }) === undefined) throw error;
  }
}

function copyTree(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (NOT_NEEDED.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    if (!entry.isFile()) continue;
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
    chmodSync(target, 0o755);
  }
}

function readLibraryLinks(nativeDir: string): LibraryLink[] {
  const path = join(nativeDir, 'pg-symlinks.json');
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return [];
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return Array.isArray(value) ? value.filter(isLibraryLink) : [];
}

function isLibraryLink(value: unknown): value is LibraryLink {
  if (typeof value !== 'object' || value === null || !('source' in value) || !('target' in value)) return false;
  return typeof value.source === 'string' && typeof value.target === 'string';
}
