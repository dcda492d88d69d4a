import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CleanWorld, pickFrom } from '../../test/clean-history.ts';
import { createChecker } from './checker.ts';
import type { FinalState } from './final-state.ts';
import type { HistoryRecord } from './history-record.ts';
import { formatVerdict } from './verdict.ts';

function judge(records: readonly HistoryRecord[], state: FinalState) {
  const checker = createChecker();
  for (const record of records) checker.add(record);
  return checker.finish(state);
}

test('finds nothing in histories in which nothing went wrong', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 150 }), (seed, steps) => {
      const world = new CleanWorld(pickFrom(seed));
      world.run(steps);
      const state = world.settle();
      expect(formatVerdict(judge(world.records, state))).toMatch(/^nothing is lost/);
    }),
    { numRuns: 300 },
  );
});

test('finds nothing either where only events tell who was in a channel when', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 150 }), (seed, steps) => {
      const world = new CleanWorld(pickFrom(seed));
      world.run(steps);
      const { channels, ...state } = world.settle();
      const unsaid = channels.map(({ memberships: _unsaid, ...channel }) => channel);
      expect(formatVerdict(judge(world.records, { ...state, channels: unsaid }))).toMatch(/^nothing is lost/);
    }),
    { numRuns: 300 },
  );
});
