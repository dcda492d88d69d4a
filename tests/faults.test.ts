import { Random } from '@parley/load-test';
import { expect, test } from 'vitest';
import { runCampaign, Stage } from '../proof/faults/campaign.ts';
import { FAULT_KINDS } from '../proof/faults/plan.ts';

/** One of each part that can fail, and two that lose answers: the long campaign draws from all of them. */
const KINDS = [
  'node-kill',
  'redis-kill',
  'postgres-kill',
  'commit-answers-lost',
  'answers-lost',
  'redis-cut-off',
  'node-drain',
];

// Real processes start and die here, on a machine that may be busy with everything else.
test('[ROAD7] real processes are killed, cut off and robbed of answers: no client’s log contradicts the database', {
  timeout: 600_000,
}, async () => {
  const seed = 20_261_128n;
  const stage = new Stage(new Random(seed));
  try {
    for (const [index, name] of KINDS.entries()) {
      const only = FAULT_KINDS.filter((kind) => kind.name === name);
      const [outcome] = await runCampaign(stage, {
        seed: seed + BigInt(index),
        count: 1,
        only,
        file: null,
        shape: 'cluster',
      });
      expect(outcome?.story).toBe('');
      expect(outcome?.acknowledged).toBeGreaterThan(0);
    }
  } finally {
    await stage.stop();
  }
});

test('every fault of the catalogue has a name of its own and a row', () => {
  expect(new Set(FAULT_KINDS.map(({ name }) => name)).size).toBe(FAULT_KINDS.length);
  for (const { row } of FAULT_KINDS) expect(row).toMatch(/^[A-F]\d+$/);
});
