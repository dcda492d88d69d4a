import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterEachOther,
  chatMetricsOf,
  type Figures,
  latencyIndex,
  NO_FIGURES,
  percentile,
  sideBySide,
} from './figures.ts';

const count = fc.nat(1_000);
const figures: fc.Arbitrary<Figures> = fc.record({
  seconds: count,
  connections: count,
  users: count,
  queueDepth: count,
  queueAgeMs: count,
  loopDelayMs: count,
  messages: count,
  commands: count,
  failed: count,
  outboxBytes: count,
  repairs: count,
  slow: count,
  latency: fc.array(count, { minLength: NO_FIGURES.latency.length, maxLength: NO_FIGURES.latency.length }),
  errors: fc.dictionary(fc.constantFrom('a busy', 'b forbidden', 'c internal'), count),
});

describe('figures', () => {
  test('[MET3] add up the same in whichever order they are put together, over time and over nodes', () => {
    for (const add of [afterEachOther, sideBySide]) {
      fc.assert(
        fc.property(figures, figures, figures, (a, b, c) => {
          expect(add(a, b)).toEqual(add(b, a));
          expect(add(add(a, b), c)).toEqual(add(a, add(b, c)));
          expect(add(a, NO_FIGURES)).toEqual(a);
        }),
      );
    }
  });

  test('[MET3] percentiles lie within the bounds of what was counted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 30_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (all) => {
          const counts = [...NO_FIGURES.latency];
          for (const ms of all) counts[latencyIndex(ms)] = (counts[latencyIndex(ms)] ?? 0) + 1;
          const [p50, p99] = [percentile(counts, 0.5), percentile(counts, 0.99)];
          expect(p50).toBeLessThanOrEqual(p99);
          const sorted = [...all].sort((a, b) => a - b);
          const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
          expect(latencyIndex(p50)).toBe(latencyIndex(median));
        },
      ),
    );
    expect(percentile(NO_FIGURES.latency, 0.5)).toBe(0);
    expect(chatMetricsOf(NO_FIGURES)).toEqual({
      connections: 0,
      messageRate: 0,
      errorRate: 0,
      latency: { p50: 0, p95: 0, p99: 0 },
    });
  });
});
