import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { highlightsOf } from './highlights.ts';
import { parseSearch } from './search-query.ts';
import { textQueryOf } from './text-query.ts';

const day = 86_400_000;
const marked = (body: string, query: string) =>
  highlightsOf(body, parseSearch(query).terms, false).map(({ start, end }) => body.slice(start, end));

test('[FIND6] words, phrases, words to leave out and filters are read as they are documented', () => {
  const found = parseSearch('deploy "Crème brûlée" -late from:@Ann in:"Big room" has:link has:pin');
  expect(found.terms).toEqual([
    { text: 'deploy', words: ['deploy'], isPrefix: true },
    { text: 'creme brulee', words: ['creme', 'brulee'], isPrefix: false },
  ]);
  expect(found.without.map((term) => term.text)).toEqual(['late']);
  expect(found).toMatchObject({ from: 'ann', in: 'Big room', has: ['link', 'pin'] });
  expect(textQueryOf(found)).toBe(`('deploy':*) & ('creme' <-> 'brulee') & !('late')`);
});

test('[FIND6] a date stands for all of its year, month or day', () => {
  const start = Date.UTC(2026, 4, 31);
  expect(parseSearch('before:2026-05-31')).toMatchObject({ before: start, since: null });
  expect(parseSearch('after:2026-05-31')).toMatchObject({ before: null, since: start + day });
  expect(parseSearch('after:2026-05').since).toBe(start + day);
  expect(parseSearch('before:2026').before).toBe(Date.UTC(2026, 0, 1));
  for (const date of ['2026-02-30', '2026-13', '0000-01-01', 'soon', '26'])
    expect(() => parseSearch(`before:${date}`)).toThrow(AppError);
});

test('[FIND6] what cannot be searched for is refused with its reason', () => {
  for (const text of ['', '   ', '+++', '""', 'has:nothing', '-from:ann', 'from:a from:b', 'x '.repeat(17)]) {
    expect(() => parseSearch(text)).toThrow(AppError);
  }
});

test('[FIND5] any text is read in linear time, to a query that PostgreSQL can read or to a coded error', () => {
  const piece = fc.constantFrom(
    'from:',
    'in:',
    'has:link',
    '"',
    '-',
    ' ',
    "'",
    '\\',
    ':*',
    '&',
    '!',
    '日本',
    'é',
    '😀',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.oneof(piece, fc.string())).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (typed) => {
      try {
        const query = textQueryOf(parseSearch(typed));
        // Nothing but quoted words and our own operators.
        if (query !== null) expect(query.replaceAll(/'[^'\\]+'(:\*)?/g, 'w')).toMatch(/^[w()!&<> -]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('[FIND7] highlights are ranges of the original text, whatever folding did to it', () => {
  expect(marked('Die STRAẞE ist groß, Straßen auch', 'strasse')).toEqual(['STRAẞE', 'Straßen']);
  expect(marked('ein 😀 café, Cafés und ein Kaffee', 'cafe')).toEqual(['café', 'Cafés']);
  expect(marked('the quick brown fox; quick brown', '"quick brown"')).toEqual(['quick brown', 'quick brown']);
  expect(marked('昨日は日本語を話した', '日本語')).toEqual(['日本語']);
  expect(marked('昨日は日本語を話した', '語')).toEqual(['語']);
  expect(marked('nothing here', 'absent')).toEqual([]);
});

test('[FIND7] highlights lie within the text, in order and apart', () => {
  const words = fc
    .array(fc.constantFrom('ab', 'Ab', 'abc', 'ﬁ', 'é', '日本', '本', ' ', ', ', '🎉', 'ẞ'))
    .map((all) => all.join(''));
  fc.assert(
    fc.property(
      words,
      fc.constantFrom('ab', '"ab abc"', 'é', '日本', '本', 'fi', '🎉', 'ss'),
      fc.boolean(),
      (body, query, isPart) => {
        let last = -1;
        for (const { start, end } of highlightsOf(body, parseSearch(query).terms, isPart)) {
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(body.length);
          last = end;
        }
      },
    ),
  );
});
