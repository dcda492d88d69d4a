import type { Random } from '@parley/load-test';
import type { FaultKind } from './fault.ts';
import type { Shape } from './installation.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { NODE_FAULTS } from './node-faults.ts';
import { POSTGRES_FAULTS } from './postgres-faults.ts';
import { REDIS_FAULTS } from './redis-faults.ts';

/** Everything that can be broken. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...NODE_FAULTS,
  ...REDIS_FAULTS,
  ...POSTGRES_FAULTS,
  ...NETWORK_FAULTS,
];

/** What one trial does; drawn from its seed before anything happens. */
export interface Plan {
  readonly shape: Shape;
  readonly faults: readonly FaultKind[];
  readonly devices: number;
}

const MIN_DEVICES = 5;
const MAX_DEVICES = 8;
/** Most faults come alone, so that recovery can be told by kind; some meet another. */
const PAIR_SHARE = 0.3;
/** One node alone has less to go wrong. */
const SINGLE_SHARE = 0.3;

/** Draws a plan. With `only` the first fault is of that kind; where that names two, as `node-kill+redis-flush`, both are. */
export function makePlan(random: Random, only?: readonly FaultKind[]): Plan {
  const devices = MIN_DEVICES + random.below(MAX_DEVICES - MIN_DEVICES + 1);
  const drawn: Shape = random.chance(SINGLE_SHARE) ? 'single' : 'cluster';
  const shape = only?.some(({ shapes }) => !shapes.includes(drawn)) === true ? 'cluster' : drawn;
  if (only !== undefined) return { shape, devices, faults: only };
  const fitting = FAULT_KINDS.filter(({ shapes }) => shapes.includes(shape));
  const first = draw(random, fitting);
  // A second fault of another kind: two hands on one switch prove nothing more.
  const others = fitting.filter(({ name }) => partOf(name) !== partOf(first.name));
  return { shape, devices, faults: random.chance(PAIR_SHARE) ? [first, draw(random, others)] : [first] };
}

function draw(random: Random, kinds: readonly FaultKind[]): FaultKind {
  let left = random.float() * kinds.reduce((sum, { weight = 1 }) => sum + weight, 0);
  for (const kind of kinds) {
    left -= kind.weight ?? 1;
    if (left < 0) return kind;
  }
  return random.pick(kinds);
}

function partOf(name: string): string {
  return name.split('-')[0] ?? name;
}
