import { formatVerdict, type Invariant } from '@parley/load-test';
import type { Plan } from '../happening.ts';
import type { RunResult } from '../world.ts';

/** How often something happened, by its name. */
export type Counts = Readonly<Record<string, number>>;

/** What is counted of runs. */
export interface Tallies {
  /** Faults that were injected and met something to break, by kind. */
  readonly faults: Counts;
  /** What they did one by one: frames that were lost, payloads that came twice, and so on. */
  readonly effects: Counts;
  readonly records: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly steps: number;
  /** Milliseconds of virtual time. */
  readonly virtualMs: number;
}

/** What one run came to, small enough to be told to another process. */
export interface Outcome extends Tallies {
  readonly seed: string;
  /** The invariants that were broken; empty when all is well. */
  readonly broken: readonly string[];
  /** For people: what was broken and where. */
  readonly text: string;
  /** The plan of a run in which something was broken. */
  readonly plan?: Plan;
}

/** Turns the result of a run into its outcome. */
export function outcomeOf(seed: bigint, plan: Plan, result: RunResult): Outcome {
  const { verdict, troubles, faults, effects, steps, virtualMs } = result;
  const broken = [
    ...new Set([...(Object.keys(verdict.counts) as Invariant[]), ...troubles.map((one) => one.invariant)]),
  ];
  const { records, acknowledged, received } = verdict;
  const outcome = { seed: String(seed), faults, effects, records, acknowledged, received, steps, virtualMs, broken };
  if (broken.length === 0) return { ...outcome, text: '' };
  const lines = troubles.slice(0, 10).map(({ invariant, text }) => `${invariant}: ${text.slice(0, 2_000)}`);
  return { ...outcome, text: [formatVerdict(verdict), ...lines].join('\n'), plan };
}

export const NOTHING: Tallies = {
  faults: {},
  effects: {},
  records: 0,
  acknowledged: 0,
  received: 0,
  steps: 0,
  virtualMs: 0,
};

/** Adds up what is counted. */
export function addTallies(a: Tallies, b: Tallies): Tallies {
  return {
    faults: addCounts(a.faults, b.faults),
    effects: addCounts(a.effects, b.effects),
    records: a.records + b.records,
    acknowledged: a.acknowledged + b.acknowledged,
    received: a.received + b.received,
    steps: a.steps + b.steps,
    virtualMs: a.virtualMs + b.virtualMs,
  };
}

function addCounts(a: Counts, b: Counts): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
