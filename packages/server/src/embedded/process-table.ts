import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** One life of one process: a pid alone is reused, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** Tells who runs under a pid, or undefined when nobody does; a zombie is nobody. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform === 'linux') return identifyByProc(pid);
  if (process.platform === 'win32') return answersSignal(pid) ? { pid, startedAt: '' } : undefined;
  return identifyByPs(pid);
}

/** Whether exactly this process, not a later one under its pid, still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * The running processes whose working directory is `directory`, by pid. PostgreSQL and all its children work in their
 * data directory. Known on Linux only; elsewhere always empty.
 */
export function processesWorkingIn(directory: string): number[] {
  if (process.platform !== 'linux') return [];
  const wanted = statSync(directory, { throwIfNoEntry: false });
  if (wanted === undefined) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const cwd = statSync(`/proc/${pid}/cwd`);
      return cwd.dev === wanted.dev && cwd.ino === wanted.ino && identifyProcess(pid) !== undefined;
    } catch {
      return false; // It ended meanwhile, or belongs to someone else and so cannot be ours.
    }
  });
}

/** The command line of a process as `ps` prints it, or an empty text when there is no such process. */
export function commandOf(pid: number): string {
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

function identifyByProc(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the command in brackets and may hold anything; fields 3 (state) and 22 (start time) follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startedAt: `${bootId()}/${fields[19]}` };
}

/** Start times count from boot, so the same number may come again after a restart of the machine. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function identifyByPs(pid: number): ProcessIdentity | undefined {
  const line = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const [state = '', ...started] = line.split(/\s+/);
  return state === '' || state.startsWith('Z') ? undefined : { pid, startedAt: started.join(' ') };
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
