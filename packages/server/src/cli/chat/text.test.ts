import { expect, test } from 'vitest';
import { complete } from './completion.ts';
import { firstLine } from './message-line.ts';
import { printable } from './paint.ts';
import { rowsOf, textWidth } from './text-width.ts';

test('what others write cannot move the cursor, ring, or turn the line around', () => {
  expect(printable('\u001b[2Jgone\u0007')).toBe('\ufffd[2Jgone\ufffd');
  expect(printable('a\rb\u202ec\u009b31m')).toBe('a\ufffdb\ufffdc\ufffd31m');
  expect(printable('two\nlines\tand a tab, äöü, 中文, 👍🏽')).toBe('two\nlines\tand a tab, äöü, 中文, 👍🏽');
});

test('columns are counted as a terminal does', () => {
  expect(textWidth('abc')).toBe(3);
  expect(textWidth('\u001b[31mabc\u001b[39m')).toBe(3);
  expect(textWidth('中文')).toBe(4);
  expect(textWidth('é')).toBe(1);
  expect(textWidth('👍')).toBe(2);
  expect(textWidth('👍🏽')).toBe(2);
  expect(textWidth('e\u0301')).toBe(1);
  expect(rowsOf('x'.repeat(81), 80)).toBe(2);
  expect(rowsOf('x'.repeat(80), 80)).toBe(1);
  expect(rowsOf('a\n\nb', 80)).toBe(3);
});

test('completes commands, channels, people and words', () => {
  const names = { channelNames: () => ['general', 'random'], userNames: () => ['ann', 'bob'] };
  expect(complete('/hi', names)).toEqual([['/history '], '/hi']);
  expect(complete('/join g', names)).toEqual([['general'], 'g']);
  expect(complete('/join #r', names)).toEqual([['#random'], '#r']);
  expect(complete('/dm ann b', names)).toEqual([['bob'], 'b']);
  expect(complete('/status a', names)).toEqual([['away'], 'a']);
  expect(complete('hello @a', names)).toEqual([['@ann '], '@a']);
  expect(complete('hello a', names)).toEqual([[], 'hello a']);
  expect(complete('/join __proto', names)).toEqual([[], '__proto']);
  expect(complete('/constructor x', names)[0]).toEqual([]);
});

test('cuts a text to one line', () => {
  expect(firstLine('one\ntwo')).toBe('one');
  expect(firstLine('x'.repeat(100), 10)).toBe('xxxxxxxxx…');
});
