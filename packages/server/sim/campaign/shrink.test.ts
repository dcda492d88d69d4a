import { Random } from '@parley/load-test';
import { expect, test } from 'vitest';
import type { Plan } from '../happening.ts';
import { makePlan } from '../plan.ts';
import { patched } from './patch.ts';
import { shrink } from './shrink.ts';

/** A bug that needs one crash of a node and, after it, one message of the second client. */
function breaks({ happenings }: Plan): boolean {
  const crashAt = happenings.find(({ kind }) => kind === 'crash')?.atMs;
  return (
    crashAt !== undefined && happenings.some((one) => one.kind === 'send' && one.client === 1 && one.atMs > crashAt)
  );
}

test('makes a failing plan as small as what it needs', async () => {
  let tried = 0;
  for (let seed = 1n; seed <= 40n; seed++) {
    const plan = makePlan(new Random(seed));
    if (!breaks(plan)) continue;
    tried += 1;
    const small = await shrink(plan, (candidate) => Promise.resolve(breaks(candidate)), { maxRuns: 2_000 });
    expect(small.happenings.map(({ kind }) => kind)).toEqual(['crash', 'send']);
    expect(small.shape).toMatchObject({ clients: 2, channels: expect.any(Number) });
    expect(small.happenings[1]).toMatchObject({ count: 1 });
  }
  expect(tried).toBeGreaterThan(3);
});

test('stops when it has tried often enough', async () => {
  let runs = 0;
  const plan = makePlan(new Random(3n));
  await shrink(
    plan,
    () => {
      runs += 1;
      return Promise.resolve(true);
    },
    { maxRuns: 7 },
  );
  expect(runs).toBe(7);
});

test('puts a patch in where it fits, and refuses one that does not', () => {
  const patch = { file: 'one.ts', find: 'a < b', replace: 'a <= b' };
  expect(patched('if (a < b) return;', patch)).toBe('if (a <= b) return;');
  expect(() => patched('nothing', patch)).toThrow('one.ts holds 0 times: a < b');
  expect(() => patched('a < b, a < b', patch)).toThrow('one.ts holds 2 times');
});
