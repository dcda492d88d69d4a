import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterMsIn, retryDelayMs } from './reconnect.ts';

test('waits are spread over the whole range, also at the cap', () => {
  expect(retryDelayMs(0, { random: () => 0.5 })).toBe(250);
  expect(retryDelayMs(50, { random: () => 0 })).toBe(0);
  expect(retryDelayMs(50, { random: () => 0.999 })).toBeGreaterThan(14_900);
  expect(retryDelayMs(50, { random: () => 0.5 })).toBe(7_500);
});

test('never beyond the cap, never below what the server asked for', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.nat(60_000),
      (attempt, drawn, leastMs) => {
        const delayMs = retryDelayMs(attempt, { random: () => drawn }, leastMs);
        expect(delayMs).toBeGreaterThanOrEqual(leastMs);
        expect(delayMs).toBeLessThanOrEqual(Math.max(15_000, leastMs + 1_000));
      },
    ),
  );
});

test('reads how long a close reason asks to wait', () => {
  expect(retryAfterMsIn('')).toBe(0);
  expect(retryAfterMsIn('1500')).toBe(1_500);
  expect(retryAfterMsIn('{"retryAfterMs":250}')).toBe(250);
});
