import { spawn } from 'node:child_process';
import type { Account } from './account.ts';

/** Stops PostgreSQL when this process dies without having done so. */
export interface Watchdog {
  dismiss(): void;
}

/**
 * A shell that waits for the end of its input, which is us: the kernel closes the pipe however we die, `kill -9`
 * included, and then PostgreSQL gets the signal for a fast shutdown. `read` succeeds on a line and fails at the end.
 */
const SCRIPT = 'read -r line || kill -INT "$1"';

/** Starts the watchdog of a postmaster. Without a shell there is none, and the next start stops what was left. */
export function startWatchdog(pid: number, account: Account | undefined): Watchdog {
  if (process.platform === 'win32') return { dismiss: () => {} };
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'parley-watchdog', String(pid)], {
    ...account,
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // It must neither keep this process alive nor end it by an error.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  return {
    dismiss: () => {
      child.stdin.end('done\n');
    },
  };
}
