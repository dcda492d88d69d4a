import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type pg from 'pg';

/** How a start went in the other process. */
export interface StartReport {
  readonly config?: pg.PoolConfig;
  readonly version?: string;
  readonly startMs?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

/** An embedded PostgreSQL in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly report: Promise<StartReport>;
  /** What PostgreSQL and the launcher said so far. */
  log(): string;
  /** Stops it in order. */
  stop(): Promise<void>;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
}

/** Where and as whom the process runs. */
export interface ServerProcessOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** Program to run in place of the one in this checkout. */
  readonly program?: string;
}

/** Starts an embedded PostgreSQL with these launcher options in a process of its own. */
export function runEmbeddedServer(launcherOptions: object, options: ServerProcessOptions = {}): ServerProcess {
  const { program = fileURLToPath(new URL('./embedded-server.ts', import.meta.url)), ...account } = options;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(process.execPath, ['--import', tsx, program, JSON.stringify(launcherOptions)], {
    ...account,
    cwd: '/',
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    report: readReport(child, () => log),
    log: () => log,
    stop: () => stop('SIGTERM'),
    kill: () => stop('SIGKILL'),
  };
}

function readReport(child: ChildProcess, log: () => string): Promise<StartReport> {
  return new Promise((resolve, reject) => {
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    }
    child.once('close', (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${log()}`)));
    child.once('error', reject);
  });
}
