import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linePath, nearest, niceTop } from './chart-scale.ts';

test('the top of a chart is round, and not much above what it shows', () => {
  expect([0, 0.3, 7, 12, 99, 100, 101].map(niceTop)).toEqual([1, 0.5, 10, 20, 100, 100, 200]);
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
      const top = niceTop(value);
      expect(top).toBeGreaterThanOrEqual(value * 0.99);
      expect(top).toBeLessThanOrEqual(value * 2.6);
    }),
  );
});

test('a line breaks where nothing is known', () => {
  const span = { from: 0, until: 100, top: 10 };
  expect(linePath([0, 10, 20], [0, 5, 10], span)).toBe('M0.00 100.00h0L10.00 50.00L20.00 0.00');
  expect(linePath([0, 10, 20], [0, null, 10], span)).toBe('M0.00 100.00h0M20.00 0.00h0');
  expect(linePath([0, 10, 20, 90], [1, 1, 1, 1], span)).toBe('M0.00 90.00h0L10.00 90.00L20.00 90.00M90.00 90.00h0');
  expect(linePath([10], [5], span)).toBe('M10.00 50.00h0');
});

test('the nearest point is found', () => {
  expect(nearest([0, 10, 20], 14)).toBe(1);
  expect(nearest([0, 10, 20], 99)).toBe(2);
  expect(nearest([], 5)).toBe(-1);
});
