// Finds the programs that some suites need, and installs them where that is possible without asking.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The oldest PostgreSQL that Parley supports. */
const MIN_POSTGRES = 14;

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
const FONTS = '/usr/share/fonts';

/**
 * Makes sure that one of these programs is on the PATH, through apt where this is root on a Debian. When that fails
 * gives the line that says so; the suites that need the program will fail.
 *
 * @param {string} what
 * @param {string[]} names
 * @param {string} debianPackage
 * @returns {string | undefined}
 */
export function ensureProgram(what, names, debianPackage) {
  const isThere = () => names.some((name) => isOnPath(name));
  if (isThere()) return undefined;
  installPackage(debianPackage);
  if (isThere()) return undefined;
  const line = `${what} is missing: none of ${names.join(', ')} is on the PATH, and the suites that need it fail`;
  console.log(line);
  return line;
}

/** Makes sure that there is a browser for the journeys; the line that says so when there is none. */
export function ensureBrowser() {
  return ensureProgram('a browser', ['chromium', 'chromium-browser', 'google-chrome'], 'chromium');
}

/** Pictures want emoji. Where there is no font for them and none can be installed they show boxes, and nothing fails. */
export function ensureEmojiFont() {
  if (process.platform !== 'linux' || !existsSync(FONTS)) return;
  const isThere = readdirSync(FONTS, { recursive: true }).some((name) => /emoji/i.test(String(name)));
  if (!isThere) installPackage('fonts-noto-color-emoji');
}

/**
 * Installs a Debian package where this is root on a Debian; elsewhere does nothing.
 *
 * @param {string} debianPackage
 */
function installPackage(debianPackage) {
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) return;
  console.log(`installing ${debianPackage} with apt`);
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', ['-qq', '-y', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 4 * 60_000,
    });
  apt('update');
  apt('install', '--no-install-recommends', debianPackage);
}

/** @param {string} name */
function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/**
 * The oldest supported PostgreSQL among Debian's, as its major version.
 *
 * @returns {string | undefined}
 */
export function oldestPostgres() {
  if (!existsSync(DEBIAN_POSTGRES)) return undefined;
  const versions = readdirSync(DEBIAN_POSTGRES)
    .map(Number)
    .filter((version) => version >= MIN_POSTGRES);
  const usable = versions.filter((version) => existsSync(join(DEBIAN_POSTGRES, String(version), 'bin', 'postgres')));
  return usable.length === 0 ? undefined : String(Math.min(...usable));
}

/**
 * A Node of that major version, from npm, kept for the next time; undefined where it cannot be installed.
 *
 * @param {string} root
 * @param {string} major
 * @returns {string | undefined}
 */
export function ensureNode(root, major) {
  const prefix = join(root, 'node_modules', '.cache', 'parley', `node${major}`);
  const program = join(prefix, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) {
    console.log(`installing Node ${major} from npm`);
    mkdirSync(prefix, { recursive: true });
    const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    spawnSync('npm', ['install', '--prefix', prefix, ...options, `node@${major}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
      timeout: 3 * 60_000,
    });
  }
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return version.startsWith(`v${major}.`) ? program : undefined;
}
