import { expect, test } from 'vitest';
import { walk } from './use-shortcuts.ts';

const LIST = ['a', 'b', 'c'];
const any = () => true;

test('walks through the list and round its ends', () => {
  expect(walk(LIST, 0, 1, any)).toBe('b');
  expect(walk(LIST, 2, 1, any)).toBe('a');
  expect(walk(LIST, 0, -1, any)).toBe('c');
});

test('begins at the ends when nothing is open', () => {
  expect(walk(LIST, -1, 1, any)).toBe('a');
  expect(walk(LIST, -1, -1, any)).toBe('c');
});

test('skips what is not wanted, and stays when nothing is', () => {
  expect(walk(LIST, 0, 1, (item) => item === 'c')).toBe('c');
  expect(walk(LIST, 0, 1, () => false)).toBeUndefined();
  expect(walk([], -1, 1, any)).toBeUndefined();
});
