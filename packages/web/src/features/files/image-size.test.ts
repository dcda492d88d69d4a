import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_HEIGHT, MAX_WIDTH, shownSize } from './image-size.ts';

test('keeps the shape of an image within its room', () => {
  expect(shownSize(100, 80)).toEqual({ width: 100, height: 80 });
  expect(shownSize(4_000, 3_000)).toEqual({ width: 400, height: 300 });
  expect(shownSize(600, 1_200)).toEqual({ width: 160, height: 320 });
  expect(shownSize(undefined, undefined)).toEqual({ width: 320, height: 240 });
});

test('whatever the size is, the image can be seen and fits', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (width, height) => {
      const shown = shownSize(width, height);
      expect(shown.width).toBeGreaterThanOrEqual(48);
      expect(shown.height).toBeGreaterThanOrEqual(48);
      expect(shown.width).toBeLessThanOrEqual(MAX_WIDTH);
      expect(shown.height).toBeLessThanOrEqual(MAX_HEIGHT);
    }),
  );
});
