import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '../lib/start-error.ts';
import { inUse } from './directory-lock.ts';
import { socketPath } from './endpoint.ts';
import { commandOf, identifyProcess, processesWorkingIn } from './process-table.ts';

/** Where a postmaster that an earlier server left behind is looked for. */
export interface LeftoverOptions {
  readonly clusterDir: string;
  /** Where its socket would be, if it has one. */
  readonly socketDir: string | undefined;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Each signal and how long it may take: fast shutdown writes a checkpoint, the others leave work for recovery. */
const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;

const POLL_MS = 10;

/**
 * Stops what an earlier server that was killed has left running in the cluster, so that never two postmasters work on
 * it, and removes a lock file that PostgreSQL would wrongly believe. The caller holds the lock of the data directory.
 */
export async function clearLeftovers(options: LeftoverOptions): Promise<void> {
  const { clusterDir, socketDir, log, signal } = options;
  const socket = socketDir === undefined ? undefined : socketPath(socketDir);
  const pidFile = join(clusterDir, 'postmaster.pid');
  const pid = readPid(pidFile);

  // Asked even without a pid file: whoever deleted that by hand has not stopped the process.
  const left = leftoverPids(clusterDir, pid);
  if (left.length > 0) {
    log(`stopping the PostgreSQL that an earlier server left behind (process ${pid ?? left.join(', ')})`);
    await stopAll(clusterDir, pid, signal);
  } else if (pid !== undefined && socket !== undefined && (await answers(socket))) {
    // Alive and not to be seen: it runs in another container on the same volume. Never touch it.
    throw inUse(clusterDir, pid);
  }
  // PostgreSQL asks whether any process has that pid: a zombie and a stranger who got the number say yes for ever.
  if (pid !== undefined && isPidTaken(pid)) {
    rmSync(pidFile, { force: true });
    if (socket !== undefined) rmSync(`${socket}.lock`, { force: true });
  }
}

async function stopAll(
  clusterDir: string,
  postmaster: number | undefined,
  abort: AbortSignal | undefined,
): Promise<void> {
  for (const { signal, waitMs } of STOP_STEPS) {
    const left = leftoverPids(clusterDir, postmaster);
    // A postmaster stops its children itself; orphaned children must be told one by one.
    const isLed = postmaster !== undefined && left.includes(postmaster);
    for (const pid of isLed && signal !== 'SIGKILL' ? [postmaster] : left) tell(pid, signal);
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (leftoverPids(clusterDir, postmaster).length === 0) return;
      await delay(POLL_MS, undefined, abort === undefined ? undefined : { signal: abort });
    }
  }
  throw new StartError({
    code: 'leftover_not_stopping',
    message: `unable to start on ${clusterDir}; process ${postmaster ?? leftoverPids(clusterDir, postmaster)[0]}, left by an earlier server, does not stop`,
    hint: 'Look what holds that process (a hanging disk, usually), then start again.',
  });
}

/** A negative number is a single-user session, which nobody but an operator by hand starts. */
function readPid(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function leftoverPids(clusterDir: string, postmaster: number | undefined): number[] {
  if (process.platform === 'linux') return processesWorkingIn(clusterDir);
  if (postmaster === undefined) return [];
  return identifyProcess(postmaster) !== undefined && /postgres/.test(commandOf(postmaster)) ? [postmaster] : [];
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
