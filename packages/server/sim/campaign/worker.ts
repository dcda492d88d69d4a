import { Random } from '@parley/load-test';
import type { Plan } from '../happening.ts';
import { makePlan } from '../plan.ts';
import { World } from '../world.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

/** A run that is asked of a worker: the one that a seed plans, or another plan with the same seed. */
export interface Job {
  readonly seed: string;
  readonly plan?: Plan;
}

/** Runs one seed. */
export async function runJob({ seed, plan }: Job): Promise<Outcome> {
  const number = BigInt(seed);
  const chosen = plan ?? makePlan(new Random(number).fork('plan'));
  return outcomeOf(number, chosen, await new World({ seed: number, plan: chosen }).run());
}

// A process of its own takes jobs one by one and ends with whoever started it.
if (process.send !== undefined && process.env.PARLEY_SIM_WORKER === '1') {
  process.on('disconnect', () => process.exit());
  process.on('message', (job: Job) => {
    void runJob(job).then((outcome) => process.send?.(outcome));
  });
}
