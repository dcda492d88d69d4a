import type { ChatMetrics } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';

const SECONDS = 60;
/** Latencies kept per second; a busy second is sampled, its count is exact. */
const MAX_SAMPLES = 200;

interface Second {
  at: number;
  committed: number;
  answers: number;
  errors: number;
  latenciesMs: number[];
}

/** The last minute, second by second, in a bounded ring. */
export class RollingWindow {
  readonly #clock: Clock;
  readonly #ring: Second[] = Array.from({ length: SECONDS }, () => emptySecond(-1));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  committed(latencyMs: number): void {
    const second = this.#current();
    second.committed += 1;
    if (second.latenciesMs.length < MAX_SAMPLES) second.latenciesMs.push(latencyMs);
  }

  answered(isError: boolean): void {
    const second = this.#current();
    second.answers += 1;
    if (isError) second.errors += 1;
  }

  figures(): Omit<ChatMetrics, 'connections'> {
    const now = this.#nowS();
    const recent = this.#ring.filter((second) => second.at >= 0 && now - second.at < SECONDS);
    const sum = (of: (second: Second) => number) => recent.reduce((total, second) => total + of(second), 0);
    const answers = sum((second) => second.answers);
    const latencies = recent.flatMap((second) => second.latenciesMs).sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
    return {
      messageRate: sum((second) => second.committed) / SECONDS,
      errorRate: answers === 0 ? 0 : sum((second) => second.errors) / answers,
      latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    };
  }

  #nowS(): number {
    return Math.floor(this.#clock.monotonic() / 1_000);
  }

  #current(): Second {
    const now = this.#nowS();
    const index = now % SECONDS;
    let second = this.#ring[index];
    if (second === undefined || second.at !== now) {
      second = emptySecond(now);
      this.#ring[index] = second;
    }
    return second;
  }
}

function emptySecond(at: number): Second {
  return { at, committed: 0, answers: 0, errors: 0, latenciesMs: [] };
}
