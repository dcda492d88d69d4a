import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock, Timer } from '../lib/clock.ts';
import { type Figures, NO_FIGURES } from './figures.ts';
import type { Readings } from './readings.ts';
import type { Tally } from './tally.ts';

/** How often what rises and falls is looked at: the most at a time is the most of these. */
const SAMPLE_MS = 1_000;
/** Resolution of the timer behind the delays; it costs next to nothing. */
const LOOP_RESOLUTION_MS = 20;

const NO_PEAKS = { connections: 0, users: 0, queueDepth: 0, queueAgeMs: 0, loopDelayMs: 0 };

export interface SamplerPorts {
  readonly clock: Clock;
  readonly tally: Tally;
  readonly readings: Pick<Readings, 'connections' | 'queue' | 'outboxes' | 'hub'>;
  /** Repairs since the start. */
  repairs(): number;
  /** The most that the event loop was late since the last look. */
  onLoopDelay(delayMs: number): void;
}

/** Watches one node, and says at each interval's end what it did in it. */
export class Sampler {
  readonly #ports: SamplerPorts;
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #timer: Timer;
  #peaks = NO_PEAKS;
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
    const figures: Figures = {
      ...NO_FIGURES,
      ...tally.take(),
      ...this.#peaks,
      seconds: (now - this.#since) / 1_000,
      outboxBytes: totals.outboxBytes - this.#before.outboxBytes,
      slow: totals.slow - this.#before.slow,
      repairs: totals.repairs - this.#before.repairs,
    };
    this.#peaks = NO_PEAKS;
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
    const loopDelayMs = this.#takeLoopDelay();
    this.#peaks = {
      connections: Math.max(this.#peaks.connections, readings.connections()),
      users: Math.max(this.#peaks.users, readings.hub().users),
      queueDepth: Math.max(this.#peaks.queueDepth, depth),
      queueAgeMs: Math.max(this.#peaks.queueAgeMs, oldestAgeMs),
      loopDelayMs: Math.max(this.#peaks.loopDelayMs, loopDelayMs),
    };
  }

  #takeLoopDelay(): number {
    // A loop that was never late has no delays to tell, and the histogram counts the timer's own resolution.
    if (this.#loopDelay.count === 0) return 0;
    const delayMs = Math.max(0, this.#loopDelay.max / 1e6 - LOOP_RESOLUTION_MS);
    this.#loopDelay.reset();
    this.#ports.onLoopDelay(delayMs);
    return delayMs;
  }
}
