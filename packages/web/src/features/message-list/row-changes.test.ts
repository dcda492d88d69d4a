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
  expect(isReplaced(rows('b', 'c'), rows('x', 'y'))).toBe(true);
  expect(isReplaced(rows('b', 'c'), rows('a', 'b', 'c'))).toBe(false);
  expect(isReplaced(rows('b', 'c'), rows('c', 'd'))).toBe(false);
  expect(isReplaced([], rows('a'))).toBe(false);
});
