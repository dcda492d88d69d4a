import { expect, test } from 'vitest';
import { formatHostile, runHostile } from '../proof/hostile/run.ts';

// A short run: one case in eight of each category. The whole catalogue is `npm run hostile`.
test('[DOOR3] [HTTP4] [HTTP6] bad input of every kind is answered by code, and two people who talk meanwhile notice nothing', {
  timeout: 600_000,
}, async () => {
  const report = await runHostile({ requests: 2, frames: 90, seed: 1n, every: 8, log: () => {} });
  expect(report.cases.failed === 0 ? '' : formatHostile(report)).toBe('');
  expect(report.said).toBeGreaterThan(0);
});
