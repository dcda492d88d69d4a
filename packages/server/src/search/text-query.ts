import type { SearchQuery, Term } from './search-query.ts';
import type { Word } from './words.ts';

/** A `tsquery` in its text form, or null where no word narrows the search. Words hold letters and digits only. */
export function textQueryOf({ terms, without }: Pick<SearchQuery, 'terms' | 'without'>): string | null {
  const parts = [...terms.map(phraseOf), ...without.map((term) => `!${phraseOf(term)}`)];
  return parts.length === 0 ? null : parts.join(' & ');
}

function phraseOf({ words, isPrefix }: Term): string {
  const last = words.length - 1;
  const parts = words.map((word, index) => (isPrefix && index === last ? `${quote(word)}:*` : quote(word)));
  return `(${parts.join(' <-> ')})`;
}

/** A `tsvector` in its text form. */
export function textVectorOf(words: readonly Word[]): string {
  return words.map((word, index) => `${quote(word.text)}:${index + 1}`).join(' ');
}

function quote(word: string): string {
  return `'${word.replaceAll(/['\\]/g, '')}'`;
}

/** A `LIKE` pattern that finds a text wherever it stands. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
