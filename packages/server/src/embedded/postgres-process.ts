import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type Account, cannotDropRoot } from './account.ts';
import { childEnvironment } from './child-environment.ts';
import { startWatchdog } from './watchdog.ts';

/** How a process ended. */
export interface PostgresExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running postmaster. */
export interface PostgresProcess {
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<PostgresExit>;
  /** The last lines it printed, oldest first; once it has ended, all that it still had to say is waited for. */
  lastLines(): Promise<readonly string[]>;
  /** Fast shutdown; harsher when that takes too long, which costs a recovery at the next start but no data. */
  stop(): Promise<void>;
}

/** What a postmaster is started with. */
export interface PostgresProcessOptions {
  readonly binDir: string;
  readonly account: Account | undefined;
  /** The cluster, as the new process has to call it. */
  readonly directoryName: string;
  readonly args: readonly string[];
  /** Descriptors that the arguments name. */
  readonly descriptors: readonly number[];
  readonly log: (line: string) => void;
}

const KEPT_LINES = 30;
/** A fast shutdown writes all that is only in memory; on a slow disk that takes its time. */
const FAST_STOP_MS = 60_000;
const IMMEDIATE_STOP_MS = 5_000;
/** How long the output of an ended process is waited for; a stuck child may keep it open. */
const LAST_WORDS_MS = 500;

/** Starts a postmaster; resolves when the process exists, which is before it accepts connections. */
export async function startPostgres(options: PostgresProcessOptions): Promise<PostgresProcess> {
  const child = spawn(join(options.binDir, 'postgres'), ['-D', options.directoryName, ...options.args], {
    ...options.account,
    cwd: '/',
    env: childEnvironment(),
    // Its own session: Ctrl-C in a terminal reaches the whole group, and PostgreSQL must outlive our last commit.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', ...options.descriptors],
  });
  const ended = new Promise<PostgresExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const output = readOutput(child, options.log);
  const pid = await spawned(child, options.account);
  const watchdog = startWatchdog(pid, options.account);
  void ended.then(() => watchdog.dismiss());
  return {
    pid,
    ended,
    lastLines: async () => {
      await Promise.race([output.closed, delay(LAST_WORDS_MS, undefined, { ref: false })]);
      return output.lines;
    },
    stop: () => stopPostgres(child, ended, options),
  };
}

function spawned(child: ChildProcess, account: Account | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isRefusedUser = account !== undefined && (error.code === 'EPERM' || error.code === 'EINVAL');
      reject(isRefusedUser ? cannotDropRoot(error) : error);
    });
  });
}

interface Output {
  readonly lines: string[];
  readonly closed: Promise<void>;
}

function readOutput(child: ChildProcess, log: (line: string) => void): Output {
  const lines: string[] = [];
  if (child.stderr === null) return { lines, closed: Promise.resolve() };
  const reader = createInterface({ input: child.stderr });
  reader.on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    log(line);
  });
  return { lines, closed: new Promise((resolve) => reader.once('close', resolve)) };
}

async function stopPostgres(
  child: ChildProcess,
  ended: Promise<PostgresExit>,
  options: PostgresProcessOptions,
): Promise<void> {
  requestFastStop(child, options);
  const timers = [
    setTimeout(() => child.kill('SIGQUIT'), FAST_STOP_MS),
    setTimeout(() => child.kill('SIGKILL'), FAST_STOP_MS + IMMEDIATE_STOP_MS),
  ];
  await ended;
  for (const timer of timers) clearTimeout(timer);
}

function requestFastStop(child: ChildProcess, { binDir, directoryName }: PostgresProcessOptions): void {
  if (process.platform !== 'win32') {
    child.kill('SIGINT');
    return;
  }
  // Windows has no signals: `kill` there would end the postmaster alone and at once.
  spawn(join(binDir, 'pg_ctl'), ['stop', '--mode=fast', '--no-wait', '--pgdata', directoryName], { stdio: 'ignore' });
}
