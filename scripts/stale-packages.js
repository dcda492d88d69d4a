import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** What a build writes last: the compiler's and the bundler's. */
const COMPILED = join('dist', '.tsbuildinfo');
const STAMPS = [COMPILED, join('dist', 'index.html')];

/** What the command line is started from: it holds what every package was compiled from. */
const PROGRAM = join('packages', 'server', 'dist', 'parley.mjs');

/** Besides `src`, what a build depends on. */
const INPUTS = ['package.json', 'tsconfig.json', 'index.html', 'vite.config.ts'];

/**
 * The packages that have sources and no build of them, or an older one.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function stalePackages(root) {
  const packages = join(root, 'packages');
  const isProgramOld = isProgramStale(root);
  return readdirSync(packages).filter((name) => isStale(join(packages, name)) || (name === 'server' && isProgramOld));
}

/**
 * Remembers that packages were built from what they had at `builtAtMs`: a compiler that finds nothing to change leaves
 * its stamp as it is.
 *
 * @param {string} root
 * @param {string[]} names
 * @param {number} builtAtMs
 */
export function markBuilt(root, names, builtAtMs) {
  for (const stamp of names.flatMap((name) => stampOf(join(root, 'packages', name)) ?? [])) {
    utimesSync(stamp, builtAtMs / 1000, builtAtMs / 1000);
  }
}

/**
 * The compiler alone may have run since.
 *
 * @param {string} root
 */
function isProgramStale(root) {
  const program = join(root, PROGRAM);
  if (!existsSync(program)) return true;
  const builtAt = statSync(program).mtimeMs;
  const packages = join(root, 'packages');
  const stamps = readdirSync(packages).map((name) => join(packages, name, COMPILED));
  return stamps.some((stamp) => existsSync(stamp) && statSync(stamp).mtimeMs > builtAt);
}

/** @param {string} folder */
function isStale(folder) {
  const sources = join(folder, 'src');
  if (!existsSync(sources)) return false;
  const stamp = stampOf(folder);
  if (stamp === undefined) return true;
  const builtAt = statSync(stamp).mtimeMs;
  const inputs = INPUTS.map((name) => join(folder, name)).filter((path) => existsSync(path));
  return inputs.some((path) => statSync(path).mtimeMs > builtAt) || hasNewer(sources, builtAt);
}

/** @param {string} folder */
function stampOf(folder) {
  return STAMPS.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * A folder is newer too when a file of it was removed.
 *
 * @param {string} folder
 * @param {number} timeMs
 * @returns {boolean}
 */
function hasNewer(folder, timeMs) {
  if (statSync(folder).mtimeMs > timeMs) return true;
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? hasNewer(path, timeMs) : statSync(path).mtimeMs > timeMs;
  });
}
