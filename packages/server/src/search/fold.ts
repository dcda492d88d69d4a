import { LIMITS } from '@parley/protocol';

/** Letters that Unicode does not take apart, and what people type for them. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};
const ACCENTS = /[\u0300-\u036f]/g;

/** A text without case and accents, and where each of its units comes from. */
export interface Folded {
  readonly text: string;
  /** Start of the original character of each unit of `text`. */
  readonly starts: readonly number[];
  /** End of it. */
  readonly ends: readonly number[];
}

/** From here on characters stay as they are, but for the compatibility forms in between; a test goes through all of Unicode. */
const PLAIN_POINTS = 0x20000;
const FIRST_FORM = 0x2f800;
const LAST_FORM = 0x2fa1f;
/** What the longest message has where none of its characters unfolds. Some unfold to 18, and whoever writes only those gains nothing. */
export const MAX_FOLDED_UNITS = 2 * LIMITS.bodyCodePoints;

/** What was folded before: taking a character apart takes microseconds. It is bounded by the characters that there are. */
const known = new Map<number, string>();

function foldCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return character.toLowerCase();
  if (point >= PLAIN_POINTS && (point < FIRST_FORM || point > LAST_FORM)) return character;
  const before = known.get(point);
  if (before !== undefined) return before;
  const folded = takeApart(character);
  known.set(point, folded);
  return folded;
}

function takeApart(character: string): string {
  const lower = character.normalize('NFKD').replace(ACCENTS, '').toLowerCase().replace(ACCENTS, '').normalize('NFC');
  return PLAIN[lower] ?? lower;
}

/**
 * Takes case, accents and compatibility forms away, one character at a time, so that every place keeps its origin. A text
 * that unfolds to more than `MAX_FOLDED_UNITS` ends there.
 */
export function fold(original: string): Folded {
  const starts: number[] = [];
  const ends: number[] = [];
  let text = '';
  let at = 0;
  for (const character of original) {
    const folded = foldCharacter(character);
    if (starts.length + folded.length > MAX_FOLDED_UNITS) break;
    const end = at + character.length;
    for (let unit = 0; unit < folded.length; unit++) {
      starts.push(at);
      ends.push(end);
    }
    text += folded;
    at = end;
  }
  return { text, starts, ends };
}
