import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BUILD_DIRECTORY = fileURLToPath(new URL('../artifacts/bench', import.meta.url));
/** Long enough for a loaded machine to load TypeScript. */
const READY_MS = 30_000;
/** Linux counts processor time in hundredths of a second everywhere that Node runs. */
const TICKS_PER_SECOND = 100;

/** The core on which the side under test runs, and the core of those who load it. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

const canPin = cpus().length > 1 && hasCommand('taskset');

function hasCommand(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, name)));
}

/** With `BENCH_PROFILE=DIRECTORY` every process of a bench leaves profiles of its processor time there. */
const PROFILE_FLAGS =
  process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`];

/** The command line that runs a TypeScript file of this repository as it is. */
export function nodeCommand(file: string, ...flags: string[]): string[] {
  return [process.execPath, '--conditions=source', '--import', 'tsx', ...PROFILE_FLAGS, ...flags, file];
}

/** Compiles a C file once per change; undefined where that is not possible. */
export function compile(source: string): string | undefined {
  if (process.platform !== 'linux' || !hasCommand('cc')) return undefined;
  const program = join(BUILD_DIRECTORY, basename(source, '.c'));
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(BUILD_DIRECTORY, { recursive: true });
  try {
    execFileSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 'ignore', 'inherit'] });
    return program;
  } catch {
    return undefined;
  }
}

/** A port that was free a moment ago. */
export async function findPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string')
    throw new Error('unable to find a port; the listener has no address');
  return address.port;
}

/** A command that runs on one core, where that is possible. */
export function pinned(command: string[], core: number): string[] {
  return canPin ? ['taskset', '-c', `${core}`, ...command] : command;
}

/** Starts a process pinned to a core where that is possible. Its errors go to ours. */
export function startProcess(command: string[], core: number): ChildProcess {
  const [program = '', ...args] = pinned(command, core);
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A server process that has said `ready`. */
export interface ServerProcess {
  pid: number;
  stop: () => Promise<void>;
}

/** Starts a server and waits for its line `ready`. */
export async function startServer(command: string[], core = SERVER_CORE): Promise<ServerProcess> {
  const child = startProcess(command, core);
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error(`unable to start ${command[0]}`);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  const lines = createInterface({ input: stdout });
  const ready = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line === 'ready' && resolve());
    child.once('exit', (code) => reject(new Error(`unable to start ${command.at(-2)}; it ended with ${code}`)));
    setTimeout(
      () => reject(new Error(`unable to start ${command.at(-2)}; it was not ready in time`)),
      READY_MS,
    ).unref();
  });
  await ready.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { pid, stop };
}

/** Seconds of processor that a process has used; NaN where the system does not tell. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** How often the main thread of a process was given a core, and the seconds that it was ready and waited for one; NaN as above. */
export function coreWaits(pid: number): { turns: number; seconds: number } {
  try {
    const [, waitedNs, turns] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    return { turns: turns ?? Number.NaN, seconds: (waitedNs ?? Number.NaN) / 1e9 };
  } catch {
    return { turns: Number.NaN, seconds: Number.NaN };
  }
}

/** The same of a process and its children that still run. */
export function familyCpuSeconds(pid: number): number {
  const children = readdirSync('/proc').filter((name) => parentOf(name) === pid);
  return [pid, ...children.map(Number)].reduce((sum, one) => sum + cpuSeconds(one), 0);
}

function parentOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    // Not a process, or one that has just ended.
    return Number.NaN;
  }
}

/** Seconds that a core was busy, for whomever; NaN where the system does not tell. */
export function coreBusySeconds(core: number): number {
  try {
    const line =
      readFileSync('/proc/stat', 'utf8')
        .split('\n')
        .find((text) => text.startsWith(`cpu${core} `)) ?? '';
    const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
    return ((user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0) + (steal ?? 0)) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}
