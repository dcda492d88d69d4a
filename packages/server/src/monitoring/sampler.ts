import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock, Timer } from '../lib/clock.ts';
import { type Figures, NO_FIGURES } from './figures.ts';
import type { Readings } from './metrics.ts';
import type { Tally } from './tally.ts';

/** How often what rises and falls is looked at: the most at a time is the most of these. */
const SAMPLE_MS = 1_000;
/** Resolution of the timer behind the delays; it costs next to nothing. */
const LOOP_RESOLUTION_MS = 20;

export interface SamplerPorts {
  readonly clock: Clock;
  readonly tally: Tally;
  readonly readings: Pick<Readings, 'connections' | 'queue' | 'outboxes' | 'hub'>;
  /** Repairs since the start. */
  repairs(): number;
}

/** Watches one node, and says at each interval's end what it did in it. */
export class Sampler {
  readonly #ports: SamplerPorts;
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #timer: Timer;
  #peaks = { connections: 0, users: 0, queueDepth: 0, queueAgeMs: 0 };
  #before = { outboxBytes: 0, slow: 0, repairs: 0 };
  #since: number;

  constructor(ports: SamplerPorts) {
    this.#ports = ports;
    this.#since = ports.clock.monotonic();
    this.#loopDelay.enable();
    this.#timer = ports.clock.setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** What happened since the last call. */
  take(): Figures {
    this.#sample();
    const { clock, tally, readings } = this.#ports;
    const { bytes: outboxBytes, slow } = readings.outboxes();
    const totals = { outboxBytes, slow, repairs: this.#ports.repairs() };
    const now = clock.monotonic();
    // A loop that was never late has no delays to tell, and the histogram counts the timer's own resolution.
    const delayMs = Math.max(0, this.#loopDelay.max / 1e6 - LOOP_RESOLUTION_MS);
    const figures: Figures = {
      ...NO_FIGURES,
      ...tally.take(),
      ...this.#peaks,
      seconds: (now - this.#since) / 1_000,
      loopDelayMs: this.#loopDelay.count === 0 ? 0 : delayMs,
      outboxBytes: totals.outboxBytes - this.#before.outboxBytes,
      slow: totals.slow - this.#before.slow,
      repairs: totals.repairs - this.#before.repairs,
    };
    this.#loopDelay.reset();
    this.#peaks = { connections: 0, users: 0, queueDepth: 0, queueAgeMs: 0 };
    this.#before = totals;
    this.#since = now;
    return figures;
  }

  stop(): void {
    this.#timer.cancel();
    this.#loopDelay.disable();
  }

  #sample(): void {
    const { readings } = this.#ports;
    const { depth, oldestAgeMs } = readings.queue();
    this.#peaks = {
      connections: Math.max(this.#peaks.connections, readings.connections()),
      users: Math.max(this.#peaks.users, readings.hub().users),
      queueDepth: Math.max(this.#peaks.queueDepth, depth),
      queueAgeMs: Math.max(this.#peaks.queueAgeMs, oldestAgeMs),
    };
  }
}
