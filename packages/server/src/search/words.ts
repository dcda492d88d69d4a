/** A word of a folded text. */
export interface Word {
  readonly text: string;
  /** Where it is in the folded text. */
  readonly start: number;
  readonly end: number;
  /** Two neighbours of a script that is written without spaces, rather than a word between two of them. */
  readonly isPair: boolean;
}

const LETTERS = '[\\p{L}\\p{N}\\p{M}_]';
const DENSE = '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}ー々]';
/**
 * Letters and digits stand together, those of a script without spaces apart from others (they are the group); an emoji stands
 * alone. Plain classes without nesting, of which each character is in one: linear on any text.
 */
const WORD = new RegExp(`([${LETTERS}&&${DENSE}]+)|[${LETTERS}--${DENSE}]+|\\p{Extended_Pictographic}`, 'gv');
/** Longer words are told apart by their beginnings; PostgreSQL takes up to 2,046 bytes. */
const MAX_WORD_UNITS = 64;

/**
 * Splits a folded text into words. Scripts without spaces become overlapping pairs of characters and a last single one, so
 * that any part of two characters or more is a phrase of pairs, and a single character begins a word.
 */
export function splitWords(folded: string): Word[] {
  const words: Word[] = [];
  for (const { 0: text, 1: dense, index: start } of folded.matchAll(WORD)) {
    if (dense !== undefined) addPairs(words, dense, start);
    else words.push({ text: cut(text), start, end: start + text.length, isPair: false });
  }
  return words;
}

/** The words of a part of a text that is looked for: as `splitWords`, but pairs at its end stop at the last whole one. */
export function splitTerm(folded: string): Word[] {
  const words = splitWords(folded);
  const [before, last] = words.slice(-2);
  const isTail = last?.isPair === true && before?.isPair === true && isSingle(last) && before.end === last.end;
  return isTail ? words.slice(0, -1) : words;
}

/** True for a character of a script without spaces that stands alone: it begins any pair that it is found in. */
export function isSingle(word: Word): boolean {
  return word.isPair && Array.from(word.text).length === 1;
}

function addPairs(words: Word[], run: string, start: number): void {
  let at = start;
  const characters = Array.from(run);
  characters.forEach((character, index) => {
    const text = character + (characters[index + 1] ?? '');
    words.push({ text, start: at, end: at + text.length, isPair: true });
    at += character.length;
  });
}

function cut(text: string): string {
  if (text.length <= MAX_WORD_UNITS) return text;
  // Never through the middle of a character.
  return text.slice(0, MAX_WORD_UNITS).replace(/[\ud800-\udbff]$/, '');
}
