import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

test('percentiles are those of the sorted list, to within one per cent', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2_000_000, noNaN: true }), { minLength: 1 }), (times) => {
      const histogram = new Histogram();
      for (const ms of times) histogram.record(ms);
      const sorted = times.map((ms) => Math.round(ms * 1_000) / 1_000).sort((a, b) => a - b);
      for (const share of [0, 0.5, 0.9, 0.99, 1]) {
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
        const told = histogram.at(share);
        expect(told).toBeGreaterThanOrEqual(exact - 0.000_5);
        expect(told).toBeLessThanOrEqual(exact * 1.01 + 0.001);
      }
    }),
  );
});

test('parts from several processes add up to the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true })), fc.nat(), (times, cut) => {
      const whole = new Histogram();
      const parts = [new Histogram(), new Histogram()];
      times.forEach((ms, index) => {
        whole.record(ms);
        parts[index % 7 < cut % 7 ? 0 : 1]?.record(ms);
      });
      const sum = new Histogram();
      for (const part of parts) sum.add(part.take());
      const { mean, ...exact } = whole.percentiles();
      const { mean: meanOfSum, ...told } = sum.percentiles();
      expect(told).toEqual(exact);
      if (times.length > 0) expect(meanOfSum).toBeCloseTo(mean);
      expect(parts[0]?.count).toBe(0);
    }),
  );
});

test('an empty one has no figures', () => {
  expect(new Histogram().percentiles()).toMatchObject({ count: 0, p50: Number.NaN, max: Number.NaN });
});
