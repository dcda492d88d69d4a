import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nowMs } from '../clock.ts';
import type { FromWorker, Rest, ToWorker, WorkerPlan } from '../worker/messages.ts';
import { Tally } from '../worker/tally.ts';
import type { Timeline } from './timeline.ts';

const SOURCE = fileURLToPath(import.meta.url);
/** From a checkout the worker is TypeScript, as this file is. */
const WORKER = join(dirname(dirname(SOURCE)), 'worker', `process${extname(SOURCE)}`);
const END_MS = 30_000;
/** Lets all workers hear of a start before it is. */
const HEAD_START_MS = 250;

/** What the workers say of themselves at the moment. */
interface State {
  connected: number;
  unanswered: number;
  cpu: number;
}

/** The worker processes of a run: told what to do together, and their figures added up. */
export class Crew {
  /** Everything since the last `begin`. */
  tally = new Tally();
  /** The busiest second of any worker: near 1 it is the load test that was measured. */
  busiestCpu = 0;
  readonly #workers: ChildProcess[] = [];
  readonly #states: State[] = [];
  readonly #timeline: Timeline;
  readonly #waiting = new Map<FromWorker['type'], (message: FromWorker) => void>();
  #failure: Error | null = null;
  #onFailure: ((error: Error) => void) | null = null;
  #isEnding = false;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get size(): number {
    return this.#workers.length;
  }

  get connected(): number {
    return this.#states.reduce((sum, state) => sum + state.connected, 0);
  }

  get unanswered(): number {
    return this.#states.reduce((sum, state) => sum + state.unanswered, 0);
  }

  async start(plans: readonly WorkerPlan[]): Promise<void> {
    const ready = this.#answers('ready', plans.length);
    plans.forEach((plan, index) => {
      const worker = fork(WORKER, { serialization: 'advanced' });
      this.#workers.push(worker);
      this.#states.push({ connected: 0, unanswered: 0, cpu: 0 });
      worker.on('message', (message: FromWorker) => this.#hear(index, message));
      worker.on('exit', (code, signal) => {
        if (!this.#isEnding) this.#fail(new Error(`a worker of the load test ended with ${signal ?? code}`));
      });
      worker.send({ type: 'plan', plan } satisfies ToWorker);
    });
    await ready;
  }

  /** Forgets the figures so far: what comes now is what counts. */
  begin(): void {
    this.tally = new Tally();
    this.busiestCpu = 0;
  }

  tell(messageFor: (index: number) => ToWorker): void {
    this.#workers.forEach((worker, index) => void worker.send(messageFor(index)));
  }

  /** Tells the workers something and waits until each has answered. */
  async ask<Type extends FromWorker['type']>(
    answer: Type,
    messageFor: (index: number) => ToWorker,
  ): Promise<Extract<FromWorker, { type: Type }>[]> {
    const answers = this.#answers(answer, this.#workers.length);
    this.tell(messageFor);
    return await answers;
  }

  /** All send at a rate, in turns; resolves when the last message is on its way. */
  async play(rate: number, durationMs: number): Promise<void> {
    // At a full second of the clock, as the figures of each second are.
    const startMs = Math.ceil((nowMs() + HEAD_START_MS) / 1_000) * 1_000;
    this.#timeline.startMs = startMs;
    await this.ask('sent', (index) => ({
      type: 'send',
      startMs,
      durationMs,
      rate: rate / this.size,
      offset: index / this.size,
    }));
  }

  /** Ends the workers after they have written down what they know. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.ask('ended', () => ({ type: 'end' }));
    await this.kill();
  }

  /** Ends the workers as they are. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker.exitCode !== null || worker.signalCode !== null) return;
        const exited = once(worker, 'exit');
        const timer = setTimeout(() => worker.kill('SIGKILL'), END_MS);
        worker.disconnect();
        await exited;
        clearTimeout(timer);
      }),
    );
  }

  #answers<Type extends FromWorker['type']>(type: Type, count: number): Promise<Extract<FromWorker, { type: Type }>[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#onFailure = reject;
      const answers: Extract<FromWorker, { type: Type }>[] = [];
      this.#waiting.set(type, (message) => {
        answers.push(message as Extract<FromWorker, { type: Type }>);
        if (answers.length < count) return;
        this.#waiting.delete(type);
        resolve(answers);
      });
    });
  }

  #hear(index: number, message: FromWorker): void {
    if (message.type !== 'figures') return this.#waiting.get(message.type)?.(message);
    const { atMs, connected, unanswered, figures, cpu } = message;
    this.#states[index] = { connected, unanswered, cpu };
    this.busiestCpu = Math.max(this.busiestCpu, cpu);
    this.tally.add(figures);
    this.#timeline.add(atMs, figures, { connected: this.connected, unanswered: this.unanswered, cpu });
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#onFailure?.(error);
  }
}

/** All workers together. */
export function sumRests(rests: readonly { readonly rest: Rest }[]): Rest {
  const sum = { unanswered: 0, away: 0, behind: 0 };
  for (const { rest } of rests) {
    sum.unanswered += rest.unanswered;
    sum.away += rest.away;
    sum.behind += rest.behind;
  }
  return sum;
}
