import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnServer } from '@parley/load-test';
import { StartError } from '../lib/start-error.ts';

const SECRET_BYTES = 32;

/** A server that is loaded by its owner needs no protection from him. */
const NO_LIMITS = {
  PARLEY_MAX_CONNECTIONS: '1000000',
  PARLEY_CONNECT_RATE: 'off',
  PARLEY_CONNECT_RATE_PER_ADDRESS: 'off',
  PARLEY_RATE_MESSAGES: 'off',
  PARLEY_RATE_CHANNEL_CREATION: 'off',
  PARLEY_RATE_JOINS: 'off',
  PARLEY_RATE_CHANGES: 'off',
  PARLEY_RATE_READS: 'off',
  PARLEY_RATE_SIGNALS: 'off',
};

/** Starts this same program as a server with a database of its own in a temporary directory. */
export async function startLoadServer(): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-load-server-'));
  const jwtSecret = randomBytes(SECRET_BYTES).toString('base64url');
  const [, program = ''] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, program, 'start'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_JWT_SECRET: jwtSecret,
      PARLEY_LOG_LEVEL: 'warn',
      ...NO_LIMITS,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C reaches the run, which then ends the server in order.
    detached: true,
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  };
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/#\/welcome\/\S+/.test(said)) resolve();
      });
    }
    child.once('exit', () =>
      reject(
        new StartError({
          code: 'load_server',
          message: `unable to start a server for the load test; it said\n${said.trim()}`,
          hint: 'Mend what it says, or load a server that runs: --url and --token.',
        }),
      ),
    );
  });
  try {
    await ready;
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  const [, url = '', ownerToken = ''] = /(http:\/\/\S+?)\/#\/welcome\/(\S+)/.exec(said) ?? [];
  return { url, ownerToken, jwtSecret, pid: child.pid ?? null, stop };
}
