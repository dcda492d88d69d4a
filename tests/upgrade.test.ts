import { expect, test } from 'vitest';
import { proveUpgrade } from '../proof/upgrade/upgrade.ts';

// The long run, with a large table and more messages, is `npm run upgrade:proof`.
test('[MIG8] up and down while people write: nothing is lost, doubled or refused', async () => {
  const report = await proveUpgrade({ perSecond: 60, stepMs: 300, devices: 3, stored: 2_000 });
  const { sent, refused, troubles, snapshots, steps } = report;
  expect({ refused, troubles }).toEqual({ refused: [], troubles: [] });
  expect(sent).toBeGreaterThan(0);
  // One by the first start of the newer node, one by `migrate up`, one by its second start.
  expect(snapshots).toBe(3);
  expect(steps).toHaveLength(8);
});
