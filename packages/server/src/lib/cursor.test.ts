import { isCleanText } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeCursor, readCursor, readIdCursor } from './cursor.ts';

test('a cursor gives back what it was made of', () => {
  const text = fc.string({ unit: 'grapheme' }).filter(isCleanText);
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (place) => {
      expect(readCursor('list', makeCursor('list', place), place.length)).toEqual(place);
    }),
  );
});

test('[CHAN9] anything else is refused', () => {
  const good = makeCursor('list', ['one']);
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const bad = [
    '',
    'x',
    `${good}=`,
    `${good}A`,
    good.slice(0, -2),
    makeCursor('other', ['one']),
    makeCursor('list', ['one', 'two']),
    made(['list', 1]),
    made({ 0: 'list', 1: 'one', length: 2 }),
    made(null),
    made(['list', 'a\u0000b']),
    made(['list', '\ud800']),
    Buffer.from('[ "list","one"]').toString('base64url'),
  ];
  for (const cursor of bad) expect(() => readCursor('list', cursor, 1), cursor).toThrow('does not belong');
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (cursor) => {
      fc.pre(cursor !== good);
      expect(() => readCursor('list', cursor, 1)).toThrow('does not belong');
    }),
  );
});

test('[CHAN9] a place that is no whole number is refused where places are ids', () => {
  expect(readIdCursor('list', undefined)).toBeNull();
  expect(readIdCursor('list', makeCursor('list', ['17']))).toBe(17);
  for (const place of ['abc', '', '1.5', '-1', '01', '1e3', `${2 ** 53}`, 'Infinity'])
    expect(() => readIdCursor('list', makeCursor('list', [place])), place).toThrow('does not belong');
});
