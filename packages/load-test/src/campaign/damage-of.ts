import { formatVerdict } from '../checker/verdict.ts';
import type { TrialResult } from './trial.ts';

/** What a trial found to be wrong. */
export interface Damage {
  /** Violations of invariants, and what no invariant tells. */
  readonly violations: number;
  /** The same in words; empty where all is well. */
  readonly story: string;
}

/** Sums up a trial. */
export function damageOf({ verdict, troubles }: Pick<TrialResult, 'verdict' | 'troubles'>): Damage {
  const violations = Object.values(verdict.counts).reduce((sum, count) => sum + count, 0) + troubles.length;
  return { violations, story: violations === 0 ? '' : [...troubles, formatVerdict(verdict)].join('\n') };
}
