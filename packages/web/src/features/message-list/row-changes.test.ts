import { expect, test } from 'vitest';
import { isReplaced, isShifted } from './row-changes.ts';
import type { Row } from './rows.ts';

const rows = (...keys: string[]) => keys.map((key) => ({ kind: 'message', key }) as unknown as Row);

test('older rows in front are a shift, newer ones behind are not', () => {
  expect(isShifted(rows('b', 'c'), rows('a', 'b', 'c'))).toBe(true);
  expect(isShifted(rows('b', 'c'), rows('b', 'c', 'd'))).toBe(false);
  expect(isShifted(rows('b', 'c'), rows('b', 'c'))).toBe(false);
  expect(isShifted([], rows('a'))).toBe(false);
});

test('another stretch of the channel is another list', () => {
  const places = (...seqs: number[]) => seqs.map((seq) => ({ kind: 'message', message: { seq } }) as unknown as Row);
  expect(isReplaced(places(8, 9), places(1, 2))).toBe(true);
  expect(isReplaced(places(1, 2), places(8, 9))).toBe(true);
  expect(isReplaced(places(8, 9), places(7, 8, 9))).toBe(false);
  expect(isReplaced(places(8, 9), places(9, 10))).toBe(false);
  expect(isReplaced([], places(1))).toBe(false);
  // What waits to be sent is in any stretch.
  expect(isReplaced(places(0), places(5, 0))).toBe(false);
  expect(isReplaced(places(4, 0), places(5, 0))).toBe(true);
});
