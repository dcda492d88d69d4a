import { expect, test } from 'vitest';
import { isComposing } from './is-composing.ts';

test.each([
  ['a key within a word', { isComposing: true, keyCode: 13 }, true],
  ['the Enter that ends a word in Safari', { isComposing: false, keyCode: 229 }, true],
  ['an Enter by itself', { isComposing: false, keyCode: 13 }, false],
])('%s', (_name, event, expected) => {
  expect(isComposing(event)).toBe(expected);
});
