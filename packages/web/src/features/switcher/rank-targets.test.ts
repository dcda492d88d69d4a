import { expect, test } from 'vitest';
import { rankTargets } from './rank-targets.ts';

const target = (label: string, unread = 0, hint = '') => ({ label, hint, unread });
const ALL = [target('general'), target('engineering', 2), target('design-general', 1), target('Ada', 0, '@ada.l')];
const find = (query: string) => rankTargets(ALL, query).map(({ label }) => label);

test('finds by the start of a name, of a word in it, by a part, then by letters in order', () => {
  expect(find('gen')).toEqual(['general', 'design-general', 'engineering']);
  expect(find('#general')).toEqual(['general', 'design-general']);
  expect(find('ada.')).toEqual(['Ada']);
  expect(find('egr')).toEqual(['engineering', 'design-general']);
  expect(find('xyz')).toEqual([]);
});

test('shows what is unread first while nothing is typed', () => {
  expect(find('')).toEqual(['engineering', 'design-general', 'Ada', 'general']);
});
