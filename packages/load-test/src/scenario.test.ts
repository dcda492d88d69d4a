import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SCENARIO_NAMES, SCENARIOS } from './scenario.ts';

test.each(SCENARIO_NAMES)('%s puts every user into a room, and nobody twice into the same', (name) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 300 }), (users) => {
      const rooms = SCENARIOS[name].rooms(users);
      const inSome = new Set(rooms.flatMap((room) => room.members));
      expect([...inSome].sort((a, b) => a - b)).toEqual(Array.from({ length: users }, (_, user) => user));
      for (const { members } of rooms) expect(new Set(members).size).toBe(members.length);
    }),
    { numRuns: 20 },
  );
});

test.each(SCENARIO_NAMES)('the rate of %s is what was asked for on the average', (name) => {
  const factors = Array.from({ length: 10_000 }, (_, ms) => SCENARIOS[name].factorAt(ms));
  expect(factors.reduce((sum, factor) => sum + factor) / factors.length).toBeCloseTo(1);
});

test('two people alone have one direct conversation', () => {
  expect(SCENARIOS['direct-messages'].rooms(2)).toEqual([{ kind: 'direct', members: [0, 1] }]);
});
