// Completes package-lock.json with the optional platform packages that the registry did not serve when it was written.
// `npm ci` refuses a lock file in which one is missing, even when this platform would never install it. Run it after
// `npm install`; `scripts/check-house.js` tells when that is needed.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string> }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lock
 * @typedef {{ name: string, version: string, parent: string }} Missing
 */

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * The optional packages that some entry of the lock file names and that have no entry of their own.
 *
 * @param {Lock} lock
 * @returns {Missing[]}
 */
export function missingOptionalPackages(lock) {
  const missing = [];
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const found = [`${parent}/node_modules/${name}`, `node_modules/${name}`].some((path) => path in lock.packages);
      if (!found) missing.push({ name, version, parent });
    }
  }
  return missing;
}

/**
 * The entry for a platform package, with the platform read from its name so that other platforms skip it.
 *
 * @param {Missing} missing
 * @param {boolean} dev
 * @returns {LockEntry}
 */
function platformEntry({ name, version }, dev) {
  const words = name.slice(name.indexOf('/') + 1).split('-');
  const os = words.filter((word) => OS.includes(word));
  const cpu = words.filter((word) => CPU.includes(word));
  const libc = os.includes('linux') ? words.flatMap(libcOf) : [];
  if (os.length + cpu.length === 0) throw new Error(`unable to complete the lock file; no platform in ${name}`);
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(dev ? { dev } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

/** @param {string} word */
function libcOf(word) {
  if (word.startsWith('musl')) return ['musl'];
  return word.startsWith('gnu') ? ['glibc'] : [];
}

/**
 * A copy of the lock file with an entry for each missing optional package.
 *
 * @param {Lock} lock
 * @returns {Lock}
 */
export function completeLock(lock) {
  const added = missingOptionalPackages(lock).map((missing) => {
    const dev = lock.packages[missing.parent]?.dev === true;
    return /** @type {const} */ ([`node_modules/${missing.name}`, platformEntry(missing, dev)]);
  });
  const entries = [...Object.entries(lock.packages), ...added];
  entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(entries) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`package-lock.json: ${missingOptionalPackages(lock).length} optional packages added`);
}
