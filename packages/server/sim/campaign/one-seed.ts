import { readFileSync } from 'node:fs';
import type { Plan } from '../happening.ts';
import { type Outcome, totalOf } from './outcome.ts';
import { shrink } from './shrink.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A plan as it is written down: with the seed whose random numbers it uses. */
export interface KeptPlan {
  readonly seed: string;
  /** The invariants that it broke when it was found. */
  readonly broken?: readonly string[];
  readonly plan: Plan;
}

export function readKeptPlan(file: string): KeptPlan {
  return JSON.parse(readFileSync(file, 'utf8')) as KeptPlan;
}

/** Makes the plan of a failing run small; what is left breaks at least one of the same invariants. */
export async function shrinkOutcome(pool: WorkerPool, outcome: Outcome, maxRuns = 400): Promise<KeptPlan> {
  const { seed, plan, broken } = outcome;
  if (plan === undefined) throw new Error('unable to make the plan small; nothing was broken');
  const small = await shrink(
    plan,
    async (candidate) => {
      const again = await pool.run({ seed, plan: candidate });
      return again.broken.some((one) => broken.includes(one));
    },
    { maxRuns },
  );
  return { seed, broken, plan: small };
}

/** What one run came to, for people. */
export function describeOutcome(outcome: Outcome): string {
  const { seed, broken, text, records, acknowledged, received, virtualMs, faults } = outcome;
  if (broken.length > 0) return `seed ${seed} breaks ${broken.join(', ')}\n${text}`;
  const seconds = (virtualMs / 1_000).toFixed(1);
  const what = `${records} records, ${acknowledged} acknowledged, ${received} received, ${totalOf(faults)} faults`;
  return `seed ${seed} is clean: ${what} in ${seconds} s of virtual time`;
}

/** A plan for people: its world, and one line for each thing that happens. */
export function describePlan({ shape, happenings }: Plan): string {
  const { nodes, users, clients, channels } = shape;
  const lines = happenings.map(({ atMs, kind, ...rest }) => {
    const details = Object.entries(rest).map(([name, value]) => `${name} ${round(value)}`);
    return `  ${atMs.toFixed(0).padStart(6)} ms  ${kind.padEnd(16)} ${details.join(', ')}`;
  });
  return [`${nodes} nodes, ${users} users, ${clients} clients, ${channels} channels`, ...lines].join('\n');
}

const round = (value: unknown): string => String(typeof value === 'number' ? Math.round(value * 100) / 100 : value);
