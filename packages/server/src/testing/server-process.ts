import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';

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
  /** The one-time token that makes the owner, as the first start printed it. */
  ownerToken(): string;
  start(): Promise<void>;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
  /** Stops it in order. */
  stop(): Promise<void>;
  log(): string;
}

/** A server on this database, not started yet. */
export async function serverProcess(databaseUrl: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const port = await freePort();
  const program = fileURLToPath(new URL('../cli.ts', import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  let child: ChildProcess | null = null;
  let log = '';
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    ownerToken: () => /#\/welcome\/(\S+)/.exec(log)?.[1] ?? '',
    log: () => log,
    start: async () => {
      const from = log.length;
      child = spawn(process.execPath, ['--conditions=source', '--import', tsx, program, 'start'], {
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

/** A port that was free a moment ago; kept for the restarts of one server. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return address.port;
}
