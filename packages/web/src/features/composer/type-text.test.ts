import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeBetween } from './type-text.ts';

test.each([
  ['what is put in', 'a b', 'a **b**', { start: 2, end: 3, piece: '**b**' }],
  ['what is taken away', '- a', 'a', { start: 0, end: 2, piece: '' }],
  ['nothing', 'a', 'a', { start: 1, end: 1, piece: '' }],
  ['one more of the same', 'aa', 'aaa', { start: 2, end: 2, piece: 'a' }],
  ['an emoji before one that begins as it does', '😀', '😁😀', { start: 0, end: 0, piece: '😁' }],
])('%s', (_name, before, after, expected) => {
  expect(changeBetween(before, after)).toEqual(expected);
});

test('any text becomes any other, sign by sign', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '😀', '😁', '🎉')).map((signs) => signs.join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { start, end, piece } = changeBetween(before, after);
      expect(start).toBeLessThanOrEqual(end);
      expect(before.slice(0, start) + piece + before.slice(end)).toBe(after);
      for (const part of [piece, before.slice(0, start), before.slice(end)]) expect(part).toSatisfy(isWhole);
    }),
  );
});

/** True for a text without halves of signs: a stray half becomes another sign on its way through bytes. */
function isWhole(text: string): boolean {
  return new TextDecoder().decode(new TextEncoder().encode(text)) === text;
}
