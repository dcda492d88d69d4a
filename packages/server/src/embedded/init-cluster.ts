import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../lib/start-error.ts';
import { type Account, giveTo } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import { childEnvironment } from './child-environment.ts';
import { clusterDirectory, inheritDirectories } from './data-directory.ts';
import { explainOutput } from './failure.ts';
import { processesWorkingIn } from './process-table.ts';

/** What a new cluster is made with. */
export interface InitOptions {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  /** File with the superuser's password; without it everyone who reaches the socket is trusted. */
  readonly passwordFile?: string | undefined;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const DRAFT_PREFIX = 'postgres.new-';

/** Creates the cluster below the data directory unless there is a whole one already; tells whether it did. */
export async function ensureCluster(options: InitOptions): Promise<boolean> {
  const clusterDir = clusterDirectory(options.dataDir);
  removeDrafts(options.dataDir);
  if (existsSync(clusterDir)) {
    requireMajor(clusterDir, options.binaries.major);
    return false;
  }
  await initCluster(clusterDir, options);
  return true;
}

/** Works in a draft and renames it, so that a first start that was killed half-way leaves nothing to trip over. */
async function initCluster(clusterDir: string, options: InitOptions): Promise<void> {
  const draft = mkdtempSync(join(options.dataDir, DRAFT_PREFIX));
  try {
    giveTo(options.account, draft);
    const failures: string[][] = [];
    for (const locale of localeArguments(options.binaries.major)) {
      const output = await runInitdb(draft, locale, options);
      if (output === undefined) {
        renameSync(draft, clusterDir);
        syncDirectory(options.dataDir);
        return;
      }
      failures.push(output);
      if (!output.some((line) => line.includes('invalid locale name'))) break;
    }
    for (const line of failures.flat()) options.log(line);
    throw explainOutput(`create the database in ${clusterDir}`, failures.at(-1) ?? []);
  } finally {
    removeDraft(draft);
  }
}

/**
 * Sorting by code point is the same on every system and never changes under an index; the character types of C.UTF-8
 * let trigrams and text search see letters beyond ASCII, and plain C stands in where the system lacks that locale.
 */
function localeArguments(major: number): string[][] {
  if (major < 17) return [['--locale=C.UTF-8'], ['--locale=C']];
  const builtin = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  return [[...builtin, '--lc-ctype=C.UTF-8'], builtin];
}

/** Undefined when it worked, else what it printed. */
async function runInitdb(draft: string, locale: string[], options: InitOptions): Promise<string[] | undefined> {
  const { account, binaries, passwordFile, signal } = options;
  const draftForChild = inheritDirectories([draft], account);
  const auth = passwordFile === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const where = draftForChild.names.flatMap((name) => ['--pgdata', name]);
  const common = [...where, '--username=parley', '--encoding=UTF8', '--no-instructions'];
  try {
    const child = spawn(join(binaries.binDir, 'initdb'), [...common, ...auth, ...locale], {
      ...account,
      cwd: '/',
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', ...draftForChild.descriptors],
      ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    return code === 0 ? undefined : output.split('\n').filter((line) => line !== '');
  } finally {
    draftForChild.close();
  }
}

/** An `initdb` may have outlived the start that ran it; without its directory it fails by itself. */
function removeDrafts(dataDir: string): void {
  for (const name of readdirSync(dataDir).filter((entry) => entry.startsWith(DRAFT_PREFIX))) {
    const draft = join(dataDir, name);
    for (const pid of processesWorkingIn(draft)) process.kill(pid, 'SIGKILL');
    removeDraft(draft);
  }
}

/** Tried again, because a process that was just killed may still be adding a file. */
function removeDraft(draft: string): void {
  rmSync(draft, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

function requireMajor(clusterDir: string, major: number): void {
  const path = join(clusterDir, 'PG_VERSION');
  const found = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  if (found === String(major)) return;
  if (found === undefined) {
    throw new StartError({
      code: 'data_dir_damaged',
      message: `unable to open ${clusterDir}; it is not a database (PG_VERSION is missing)`,
      hint: 'Move that folder away, or restore a backup into an empty data directory.',
    });
  }
  throw new StartError({
    code: 'data_dir_version',
    message: `unable to open ${clusterDir}; it was written by PostgreSQL ${found}, this is PostgreSQL ${major}`,
    hint: `Back it up with the release that brought PostgreSQL ${found} and restore into an empty data directory.`,
  });
}

/** A rename is only durable when the folder that holds the name is. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
