import fc from 'fast-check';
import { expect, test } from 'vitest';
import { barsOf, clockTime } from './audio-bars.ts';

test('any waveform makes the same number of bars that can be seen', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { maxLength: 100 }), (waveform) => {
      const bars = barsOf(waveform);
      expect(bars.length).toBe(40);
      for (const bar of bars) expect(bar >= 12 && bar <= 100).toBe(true);
    }),
  );
});

test('time reads as on a clock', () => {
  expect(['0:00', '0:09', '1:05', '61:01']).toEqual([0, 9_400, 65_000, 3_661_000].map(clockTime));
});
