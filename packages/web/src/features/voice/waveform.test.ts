import { LIMITS } from '@parley/protocol/constants';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { levelOf, waveformOf } from './waveform.ts';

test('silence is nothing, full scale is all, and speech lies between', () => {
  expect(levelOf(new Float32Array(64))).toBe(0);
  expect(levelOf(new Float32Array(64).fill(1))).toBe(100);
  expect(levelOf(new Float32Array(0))).toBe(0);
  const speech = Float32Array.from({ length: 64 }, (_, index) => 0.2 * Math.sin(index));
  expect(levelOf(speech)).toBeGreaterThan(20);
  expect(levelOf(speech)).toBeLessThan(60);
});

test('a clip of any length has as many points as it may, and none of its peaks is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 2_000 }), (levels) => {
      const points = waveformOf(levels);
      expect(points.length).toBe(Math.min(levels.length, LIMITS.waveformPoints));
      if (levels.length > 0) expect(Math.max(...points)).toBe(Math.max(...levels));
    }),
  );
});
