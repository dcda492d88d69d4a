import { expect, test } from 'vitest';
import { addOutcome, drawStart, emptyTotals } from './campaign.ts';
import { NOTHING } from './outcome.ts';

test('a campaign begins far below the last seed, whatever is drawn', () => {
  const last = drawStart(Buffer.alloc(6, 0xff));
  expect(drawStart(Buffer.alloc(6))).toBe(0n);
  // A thousand years at a thousand seeds a second.
  expect(last + 31_600_000_000_000n).toBeLessThan(2n ** 64n);
});

test('totals add up, and keep what failed', () => {
  const outcome = { ...NOTHING, seed: '7', broken: [], text: '', faults: { cut: 2 }, acknowledged: 3 };
  const once = addOutcome(emptyTotals(7n), outcome);
  const twice = addOutcome(once, { ...outcome, seed: '8', broken: ['I1'], text: 'lost' });
  expect(twice).toMatchObject({ ran: 2, violations: 1, acknowledged: 6, faults: { cut: 4 } });
  expect(twice.failing).toEqual([{ seed: '8', broken: ['I1'], text: 'lost' }]);
});
