import { type Figures, Tally } from '../worker/tally.ts';

/** One second of a run, all workers together. Times are in milliseconds, rates per second. */
export interface Moment {
  /** Seconds since the load began; below zero while users connect. */
  readonly second: number;
  readonly connected: number;
  readonly unanswered: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly refusals: number;
  readonly disconnects: number;
  readonly sentP50: number | null;
  readonly sentP99: number | null;
  readonly deliveredP50: number | null;
  readonly deliveredP99: number | null;
  readonly deliveredMax: number | null;
  /** Share of a core that the busiest worker used. */
  readonly workerCpu: number;
}

interface Second {
  readonly tally: Tally;
  connected: number;
  unanswered: number;
  cpu: number;
}

/** What happened in each second. */
export class Timeline {
  /** When the load begins. */
  startMs = 0;
  readonly #seconds = new Map<number, Second>();

  add(atMs: number, figures: Figures, state: { connected: number; unanswered: number; cpu: number }): void {
    // Figures are told at the end of the second that they are of.
    const key = Math.floor((atMs - 500) / 1_000);
    const second = this.#seconds.get(key) ?? { tally: new Tally(), connected: 0, unanswered: 0, cpu: 0 };
    this.#seconds.set(key, second);
    second.tally.add(figures);
    second.connected = state.connected;
    second.unanswered = state.unanswered;
    second.cpu = Math.max(second.cpu, state.cpu);
  }

  moments(): Moment[] {
    const start = Math.floor(this.startMs / 1_000);
    return [...this.#seconds]
      .sort(([a], [b]) => a - b)
      .map(([key, { tally, connected, unanswered, cpu }]) => ({
        second: key - start,
        connected,
        unanswered,
        sent: tally.counts.sent,
        acknowledged: tally.counts.acknowledged,
        delivered: tally.counts.delivered,
        refusals: tally.counts.refusals,
        disconnects: tally.counts.disconnects,
        sentP50: finite(tally.times.sent.at(0.5)),
        sentP99: finite(tally.times.sent.at(0.99)),
        deliveredP50: finite(tally.times.delivered.at(0.5)),
        deliveredP99: finite(tally.times.delivered.at(0.99)),
        deliveredMax: finite(tally.times.delivered.at(1)),
        workerCpu: cpu,
      }));
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
