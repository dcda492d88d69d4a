import { type ChildProcess, fork } from 'node:child_process';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Job } from './worker.ts';

/** Far above what the longest run takes on a busy machine; one that takes longer hangs, which is a finding. */
const JOB_LIMIT_MS = 600_000;

/** Processes that run seeds side by side, one at a time each. */
export class WorkerPool {
  readonly #file: string;
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();
  #isClosed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Runs one job in a process that has nothing else to do. A run that hangs or ends its process breaks I17. */
  run(job: Job): Promise<Outcome> {
    const child = this.#idle.pop() ?? this.#start();
    return new Promise((resolve) => {
      const timer = setTimeout(() => end('the run never ended'), JOB_LIMIT_MS);
      let output = '';
      const listen = (chunk: Buffer): void => {
        output = (output + String(chunk)).slice(-4_000);
      };
      const onExit = (): void => end(`the run ended its process: ${output}`);
      const stop = (): void => {
        clearTimeout(timer);
        child.stderr?.off('data', listen);
        child.off('exit', onExit).removeAllListeners('message');
      };
      const end = (text: string): void => {
        stop();
        this.#all.delete(child);
        child.kill('SIGKILL');
        resolve({
          ...NOTHING,
          seed: job.seed,
          broken: ['I17'],
          text,
          ...(job.plan === undefined ? {} : { plan: job.plan }),
        });
      };
      child.stderr?.on('data', listen);
      child.once('exit', onExit);
      child.once('message', (outcome: Outcome) => {
        stop();
        if (this.#isClosed) child.kill();
        else this.#idle.push(child);
        resolve(outcome);
      });
      child.send(job);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const child of this.#all) child.kill();
  }

  #start(): ChildProcess {
    const child = fork(this.#file, [], {
      // Most of what a run makes is soon forgotten: room for it saves a tenth of the time.
      execArgv: ['--enable-source-maps', '--max-semi-space-size=64'],
      env: { ...process.env, PARLEY_SIM_WORKER: '1' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#all.add(child);
    child.once('exit', () => this.#all.delete(child));
    return child;
  }
}
