import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt, filtersOf, withFilter } from './search-text.ts';

describe('filters', () => {
  test('are read out of what was typed', () => {
    expect([...filtersOf('release from:ada in:"big plans" has:file')]).toEqual([
      ['from', 'ada'],
      ['in', 'big plans'],
      ['has', 'file'],
    ]);
    expect(filtersOf('it says "no from: here"').get('from')).toBe('');
    expect(filtersOf('email@from:nobody').size).toBe(0);
  });

  test('are set, replaced and taken away', () => {
    expect(withFilter('release', 'from', 'ada')).toBe('release from:ada ');
    expect(withFilter('from:ada release', 'from', 'ben')).toBe('release from:ben ');
    expect(withFilter('a in:"big plans" b', 'in', null)).toBe('a b');
    expect(withFilter('', 'in', 'big plans')).toBe('in:"big plans" ');
  });
});

describe('an excerpt', () => {
  test('shows what was found and what stands around it', () => {
    expect(excerpt('a red fox', [{ start: 2, end: 5 }])).toEqual([
      { text: 'a ', isFound: false },
      { text: 'red', isFound: true },
      { text: ' fox', isFound: false },
    ]);
  });

  test('begins near the first thing found', () => {
    const body = `${'word '.repeat(100)}red fox`;
    const text = excerpt(body, [{ start: 500, end: 503 }]);
    expect(text[0]).toEqual({ text: '…', isFound: false });
    expect(text.find(({ isFound }) => isFound)?.text).toBe('red');
  });

  test('is a part of the text, whatever the ranges are', () => {
    const range = fc.tuple(fc.nat(900), fc.nat(40)).map(([start, length]) => ({ start, end: start + length }));
    // Without marks, which are left out of what is shown.
    const plain = fc.string({ maxLength: 900 }).map((text) => text.replace(/[*~`]/g, ''));
    fc.assert(
      fc.property(plain, fc.array(range, { maxLength: 8 }), (body, ranges) => {
        const text = excerpt(body, ranges)
          .map((stretch) => stretch.text)
          .join('');
        expect(body).toContain(text.replace(/^…/, '').replace(/…$/, ''));
      }),
    );
  });
});
