import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './free-port.ts';
import { type Release, serverProgram } from './server-program.ts';

/** Limits that no test of anything else meets. */
const NO_LIMITS = {
  PARLEY_RATE_MESSAGES: '1000000/min',
  PARLEY_RATE_CHANNEL_CREATION: '100000/h',
  PARLEY_RATE_JOINS: '100000/h',
  PARLEY_RATE_SIGN_INS: '100000/min',
  PARLEY_RATE_SIGN_UPS: '100000/h',
  PARLEY_RATE_CHANGES: '1000000/min',
  PARLEY_RATE_READS: '1000000/min',
  PARLEY_RATE_SIGNALS: '1000000/min',
  PARLEY_CONNECT_RATE_PER_ADDRESS: '100000/min',
  // The test run's PostgreSQL does not sync: here processes are killed, not machines.
  PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
};

/** A server in a process of its own, always at the same address, whichever process serves there. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  /** The process that serves there now; undefined while none does. */
  pid(): number | undefined;
  /** The one-time token that makes the owner, as the first start printed it. */
  ownerToken(): string;
  start(): Promise<void>;
  /** Sends a signal to it, such as `SIGSTOP`. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process that serves there now has ended, by itself or by somebody's hand. */
  ended(): Promise<void>;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
  /** Stops it in order. */
  stop(): Promise<void>;
  log(): string;
  /** What it writes from now on nobody takes: the reading end is gone. */
  loseLog(): void;
}

/** Runs a command of the command line to its end; resolves with what it printed. */
export async function runServerCommand(args: readonly string[], env: Record<string, string>): Promise<string> {
  const program = await serverProgram();
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`parley ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** A server on this database, not started yet. */
export async function serverProcess(
  databaseUrl: string,
  env: Record<string, string> = {},
  release: Release = 'present',
): Promise<ServerProcess> {
  const [port, program] = await Promise.all([freePort(), serverProgram(release)]);
  let child: ChildProcess | null = null;
  let log = '';
  // A test that is given up must not leave servers behind.
  process.once('exit', () => void child?.kill('SIGKILL'));
  const isAlive = () => child !== null && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === null || !isAlive()) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: () => (isAlive() ? child?.pid : undefined),
    signal: (signal) => void child?.kill(signal),
    ended: async () => {
      if (child !== null && isAlive()) await once(child, 'exit');
    },
    ownerToken: () => /#\/welcome\/(\S+)/.exec(log)?.[1] ?? '',
    log: () => log,
    loseLog: () => {
      child?.stdout?.destroy();
      child?.stderr?.destroy();
    },
    start: async () => {
      const from = log.length;
      child = spawn(process.execPath, [program, 'start'], {
        env: { PATH: process.env.PATH, PORT: `${port}`, DATABASE_URL: databaseUrl, ...NO_LIMITS, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      await ready(child, (text) => {
        log += text;
        return log.slice(from);
      });
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

function ready(child: ChildProcess, keep: (text: string) => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const hear = (text: string): void => {
      if (keep(text).includes('is ready')) resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${keep('')}`)));
    child.once('error', reject);
  });
}
