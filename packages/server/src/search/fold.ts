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

function foldCharacter(character: string): string {
  if (character.charCodeAt(0) < 0x80) return character.toLowerCase();
  const lower = character.normalize('NFKD').replace(ACCENTS, '').toLowerCase().replace(ACCENTS, '').normalize('NFC');
  return PLAIN[lower] ?? lower;
}

/** Takes case, accents and compatibility forms away, one character at a time, so that every place keeps its origin. */
export function fold(original: string): Folded {
  const starts: number[] = [];
  const ends: number[] = [];
  let text = '';
  let at = 0;
  for (const character of original) {
    const folded = foldCharacter(character);
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
