import { afterEach, expect, test, vi } from 'vitest';
import { fold, MAX_FOLDED_UNITS } from './fold.ts';
import { highlightPage } from './highlights.ts';
import { parseSearch } from './search-query.ts';
import { splitWords } from './words.ts';

/** One character that unfolds to 18. */
const LONG = 'ﷺ';

afterEach(() => vi.restoreAllMocks());

test('[FIND8] a character is taken apart once, however often it is written', () => {
  const body = 'ßﷺé語Ǆ'.repeat(500);
  const first = fold(body);
  const taken = vi.spyOn(String.prototype, 'normalize');
  expect(fold(body)).toEqual(first);
  expect(taken).not.toHaveBeenCalled();
});

test('[FIND8] what a text unfolds to is bounded', () => {
  const body = `${LONG}${LONG}${LONG} `.repeat(1_000);
  const { text, starts, ends } = fold(body);
  expect(text.length).toBeLessThanOrEqual(MAX_FOLDED_UNITS);
  expect([starts.length, ends.length]).toEqual([text.length, text.length]);
  expect(splitWords(text).length).toBeLessThan(MAX_FOLDED_UNITS / 2);
});

test('[FIND8] a page of the longest texts is highlighted in pieces, and one of short texts at once', async () => {
  const { terms } = parseSearch(LONG);
  let pauses = 0;
  const pause = async () => void pauses++;
  const bodies = Array.from({ length: 50 }, () => `${LONG}${LONG}${LONG} `.repeat(1_000));
  const page = await highlightPage(bodies, { terms, isPart: false, pause });
  expect(page.map((ranges) => ranges.length)).toEqual(bodies.map(() => 50));
  expect(pauses).toBeGreaterThanOrEqual(24);
  pauses = 0;
  await highlightPage(
    bodies.map(() => 'hello there'),
    { terms, isPart: false, pause },
  );
  expect(pauses).toBe(0);
});

test('[FIND6] every character of Unicode folds as its forms say', () => {
  const accents = /[\u0300-\u036f]/g;
  const plain = new Set('ßæœøłđðþıς');
  const wrong: string[] = [];
  for (let point = 0; point <= 0x10ffff; point++) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const character = String.fromCodePoint(point);
    const apart = character.normalize('NFKD').replace(accents, '').toLowerCase().replace(accents, '').normalize('NFC');
    if (!plain.has(apart) && fold(character).text !== apart) wrong.push(point.toString(16));
  }
  expect(wrong).toEqual([]);
});
