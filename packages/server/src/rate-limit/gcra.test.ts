import fc from 'fast-check';
import { expect, test } from 'vitest';
import { take } from './gcra.ts';

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 2_000 }),
  windowMs: fc.constantFrom(1_000, 60_000, 3_600_000, 86_400_000),
});
const starts = fc.constantFrom(0, 1_234.567, 1_700_000_000_000);

test('the whole limit passes at once, and not one more', () => {
  fc.assert(
    fc.property(rates, starts, (rate, now) => {
      let state: number | undefined;
      for (let count = 0; count < rate.limit; count++) {
        const result = take(state, now, rate);
        expect(result.allowed).toBe(true);
        state = result.fullAtMs;
      }
      // Above two a millisecond, half a millisecond is worth an event.
      if (rate.limit < rate.windowMs) expect(take(state, now, rate).allowed).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test('[RATE1] of any stretch at most the burst and its refill pass', () => {
  fc.assert(
    fc.property(
      rates,
      starts,
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 400 }),
      (rate, start, percents) => {
        const perEventMs = rate.windowMs / rate.limit;
        const passed: number[] = [];
        let now = start;
        let state: number | undefined;
        for (const percent of percents) {
          now += (perEventMs * percent) / 100;
          const result = take(state, now, rate);
          state = result.fullAtMs;
          if (result.allowed) passed.push(now);
        }
        for (let from = 0; from < passed.length; from++) {
          for (const to of [from + rate.limit, passed.length - 1]) {
            const [begin, end] = [passed[from], passed[to]];
            if (begin === undefined || end === undefined || to < from) continue;
            expect(to - from + 1).toBeLessThanOrEqual(rate.limit + (end - begin + 1) / perEventMs);
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('[RATE1] retryAfterMs is exact: allowed then, refused a millisecond before', () => {
  fc.assert(
    fc.property(rates, starts, fc.integer({ min: 1, max: 5 }), fc.nat(50), (rate, now, cost, used) => {
      let state: number | undefined;
      let refusal = take(state, now, rate, cost);
      for (let count = 0; count < used + rate.limit && refusal.allowed; count++) {
        state = refusal.fullAtMs;
        refusal = take(state, now, rate, cost);
      }
      if (refusal.allowed) return;
      expect(Number.isInteger(refusal.retryAfterMs)).toBe(true);
      expect(take(refusal.fullAtMs, now + refusal.retryAfterMs, rate, cost).allowed).toBe(true);
      expect(take(refusal.fullAtMs, now + refusal.retryAfterMs - 1, rate, cost).allowed).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('refusals do not prolong the wait', () => {
  const rate = { limit: 1, windowMs: 1_000 };
  let state = take(undefined, 0, rate).fullAtMs;
  for (let now = 0; now < 1_000; now += 10) state = take(state, now, rate).fullAtMs;
  expect(take(state, 1_000, rate).allowed).toBe(true);
});

test('a clock that steps back neither opens nor locks a bucket for longer than its window', () => {
  const rate = { limit: 5, windowMs: 1_000 };
  const { fullAtMs } = take(undefined, 10_000, rate);
  expect(take(fullAtMs, 9_500, rate)).toMatchObject({ allowed: true });
  const refused = take(fullAtMs, 0, rate);
  expect(refused.allowed).toBe(false);
});
