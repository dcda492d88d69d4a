import type { Happening, Plan, Shape } from '../happening.ts';

/** How far shrinking goes before it is content with what it has. */
export interface ShrinkLimits {
  readonly maxRuns: number;
}

/**
 * Makes a failing plan small: leaves out happenings, then clients, nodes and channels, then makes what is left shorter, as
 * long as the run still fails.
 */
export async function shrink(
  plan: Plan,
  fails: (plan: Plan) => Promise<boolean>,
  { maxRuns }: ShrinkLimits = { maxRuns: 400 },
): Promise<Plan> {
  let runs = 0;
  let best = plan;
  const accept = async (candidate: Plan): Promise<boolean> => {
    if (runs >= maxRuns) return false;
    runs += 1;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let before = ''; before !== JSON.stringify(best) && runs < maxRuns; ) {
    before = JSON.stringify(best);
    await leaveOutHappenings(() => best, accept);
    await makeWorldSmaller(() => best, accept);
    await makeHappeningsSmaller(() => best, accept);
  }
  return best;
}

type Accept = (candidate: Plan) => Promise<boolean>;

/** Halves first, then quarters, down to one at a time. */
async function leaveOutHappenings(current: () => Plan, accept: Accept): Promise<void> {
  for (let size = Math.ceil(current().happenings.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < current().happenings.length; ) {
      const { shape, happenings } = current();
      const rest = [...happenings.slice(0, start), ...happenings.slice(start + size)];
      if (!(await accept({ shape, happenings: rest }))) start += size;
    }
  }
}

const COUNTS = ['clients', 'nodes', 'channels', 'users'] as const;

async function makeWorldSmaller(current: () => Plan, accept: Accept): Promise<void> {
  for (const name of COUNTS) {
    for (;;) {
      const { shape, happenings } = current();
      const least = name === 'users' ? 2 : 1;
      if (shape[name] <= least) break;
      const smaller = { ...shape, [name]: shape[name] - 1 };
      if (!(await accept({ shape: smaller, happenings: happenings.filter((one) => fits(one, smaller)) }))) break;
    }
  }
  const { shape, happenings } = current();
  const lastMs = Math.max(0, ...happenings.map(({ atMs }) => atMs));
  const durationMs = Math.ceil(lastMs / 500) * 500 + 500;
  if (durationMs < shape.durationMs) await accept({ shape: { ...shape, durationMs }, happenings });
}

/** True when all that a happening names is there. */
function fits(happening: Happening, shape: Shape): boolean {
  const names = happening as Partial<Record<'client' | 'node' | 'channel' | 'user', number>>;
  return (
    (names.client ?? 0) < shape.clients &&
    (names.node ?? 0) < shape.nodes &&
    (names.channel ?? 0) < shape.channels &&
    (names.user ?? 0) < shape.users
  );
}

async function makeHappeningsSmaller(current: () => Plan, accept: Accept): Promise<void> {
  for (let index = 0; index < current().happenings.length; index++) {
    for (const candidate of smallerOnes(current().happenings[index])) {
      const { shape, happenings } = current();
      if (await accept({ shape, happenings: happenings.map((one, place) => (place === index ? candidate : one)) }))
        break;
    }
  }
}

function smallerOnes(happening: Happening | undefined): Happening[] {
  if (happening === undefined) return [];
  if (happening.kind === 'send' && happening.count > 1) return [{ ...happening, count: 1 }];
  if ('forMs' in happening && happening.forMs > 100) {
    return [100, Math.round(happening.forMs / 2)].map((forMs) => ({ ...happening, forMs }));
  }
  return [];
}
