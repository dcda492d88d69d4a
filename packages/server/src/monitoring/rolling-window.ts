import type { Clock } from '../lib/clock.ts';
import { type Figures, NO_FIGURES } from './figures.ts';

const SECONDS = 60;

interface Second {
  at: number;
  messages: number;
  commands: number;
  failed: number;
  readonly latency: number[];
}

/** The last minute, second by second, in a bounded ring. */
export class RollingWindow {
  readonly #clock: Clock;
  readonly #ring: Second[] = Array.from({ length: SECONDS }, () => emptySecond());

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Messages that were committed together, by their places among the latencies. */
  committed(indexes: readonly number[]): void {
    const second = this.#current();
    second.messages += indexes.length;
    for (const index of indexes) second.latency[index] = (second.latency[index] ?? 0) + 1;
  }

  answered(isError: boolean): void {
    const second = this.#current();
    second.commands += 1;
    if (isError) second.failed += 1;
  }

  /** What was counted in the last minute. */
  figures(): Figures {
    const now = this.#nowS();
    const recent = this.#ring.filter((second) => second.at >= 0 && now - second.at < SECONDS);
    const sum = (of: (second: Second) => number) => recent.reduce((total, second) => total + of(second), 0);
    return {
      ...NO_FIGURES,
      seconds: SECONDS,
      messages: sum((second) => second.messages),
      commands: sum((second) => second.commands),
      failed: sum((second) => second.failed),
      latency: NO_FIGURES.latency.map((_none, index) => sum(({ latency }) => latency[index] ?? 0)),
    };
  }

  #nowS(): number {
    return Math.floor(this.#clock.monotonic() / 1_000);
  }

  #current(): Second {
    const now = this.#nowS();
    const index = now % SECONDS;
    const second = this.#ring[index];
    if (second?.at === now) return second;
    const fresh = { ...emptySecond(), at: now };
    this.#ring[index] = fresh;
    return fresh;
  }
}

function emptySecond(): Second {
  return { at: -1, messages: 0, commands: 0, failed: 0, latency: [...NO_FIGURES.latency] };
}
