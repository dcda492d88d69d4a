import { Histogram, type SparseHistogram } from '../histogram.ts';

const COUNTS = [
  'sent',
  'acknowledged',
  'delivered',
  'connects',
  'disconnects',
  'cutAsSlow',
  'gaps',
  'refusals',
] as const;
const TIMES = ['sent', 'delivered', 'connect', 'resume', 'late'] as const;

/** How often things happened since the last look. `refusals`: attempts answered with an error; they are tried again. */
export type Counts = Record<(typeof COUNTS)[number], number>;

/**
 * What is timed. sent: from due to acknowledged. delivered: from due to received by another. connect: from due to in sync.
 * resume: from a broken socket to in sync again. late: from due to handed to the socket, which is this program's own delay.
 */
export type TimeName = (typeof TIMES)[number];

/** What one worker saw in a stretch of time, as it crosses between processes. */
export interface Figures {
  readonly counts: Counts;
  readonly errors: Readonly<Record<string, number>>;
  readonly times: Readonly<Record<TimeName, SparseHistogram>>;
}

/** Counts and times things until it is read. */
export class Tally {
  readonly counts: Counts = zeroes(COUNTS);
  readonly times = Object.fromEntries(TIMES.map((name) => [name, new Histogram()])) as Record<TimeName, Histogram>;
  #errors: Record<string, number> = {};

  get errors(): Readonly<Record<string, number>> {
    return this.#errors;
  }

  fail(code: string): void {
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
  }

  add({ counts, errors, times }: Figures): void {
    for (const name of COUNTS) this.counts[name] += counts[name];
    for (const [code, count] of Object.entries(errors)) this.#errors[code] = (this.#errors[code] ?? 0) + count;
    for (const name of TIMES) this.times[name].add(times[name]);
  }

  /** What came since the last take. */
  take(): Figures {
    const times = Object.fromEntries(TIMES.map((name) => [name, this.times[name].take()]));
    const figures = { counts: { ...this.counts }, errors: this.#errors, times: times as Figures['times'] };
    Object.assign(this.counts, zeroes(COUNTS));
    this.#errors = {};
    return figures;
  }
}

function zeroes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
