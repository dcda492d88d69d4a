import { cpus, release } from 'node:os';

/** How a bench is asked to run. */
export interface BenchOptions {
  /** Shorter and rougher: under a minute. */
  quick: boolean;
  /** Also the sizes that take long. */
  large: boolean;
  /** How many, where a bench can be asked for fewer or more: sessions of `sessions` and `storm`, messages of `history` and `search`. */
  size?: number;
  /** Tells the person who waits what is going on. */
  log: (line: string) => void;
}

/** One line of a result table. Units are in the names. */
export type Row = Record<string, string | number | boolean | null>;

/** A figure against its bound. */
export interface Budget {
  name: string;
  value: number;
  /** The bound in words, as `>= 20`. */
  budget: string;
  met: boolean;
}

/** What a bench found. */
export interface BenchResult {
  bench: string;
  /** When it ended, ISO 8601. */
  at: string;
  machine: { cpu: string; cores: number; kernel: string; node: string };
  rows: Row[];
  /** Medians of ratios within a round: figures of one machine, side by side. */
  ratios: Record<string, number>;
  budgets: Budget[];
}

/** What each bench module exports. */
export interface Bench {
  name: string;
  description: string;
  run: (options: BenchOptions) => Promise<BenchResult>;
}

/** A result with its date and machine filled in. */
export function createResult(bench: string, found: Pick<BenchResult, 'rows' | 'ratios' | 'budgets'>): BenchResult {
  const cores = cpus();
  const machine = { cpu: cores[0]?.model ?? 'unknown', cores: cores.length, kernel: release(), node: process.version };
  return { bench, at: new Date().toISOString(), machine, ...found };
}

/** A budget that is met from `bound` upwards. */
export function atLeast(name: string, value: number, bound: number): Budget {
  return { name, value, budget: `>= ${bound}`, met: value >= bound };
}

/** A budget that is met up to `bound`. */
export function atMost(name: string, value: number, bound: number): Budget {
  return { name, value, budget: `<= ${bound}`, met: value <= bound };
}

/** The middle value; of an even number the mean of the middle two; NaN of none. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
