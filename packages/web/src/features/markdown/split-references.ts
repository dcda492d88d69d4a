/** A piece of plain text, or a name in it that may lead somewhere. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `names` are the readings that it allows, longest first: `@ann.thanks` may be `ann.thanks` or `ann` at the end of a sentence. */
  | { readonly kind: 'person'; readonly text: string; readonly names: readonly string[] }
  | { readonly kind: 'channel'; readonly text: string; readonly name: string };

const REFERENCE = /(?<![\p{L}\p{N}_@#/.\\])(?:@([a-z0-9][a-z0-9._-]{0,63})|#([\p{L}\p{N}][\p{L}\p{N}_-]{0,79}))/giu;

/** Finds `@name` and `#channel` in a text. Whether they exist is for the caller to know. */
export function splitReferences(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) });
    const [whole, person, channel = ''] = match;
    if (person !== undefined) pieces.push({ kind: 'person', text: whole, names: readingsOf(person.toLowerCase()) });
    else pieces.push({ kind: 'channel', text: whole, name: channel });
    end = match.index + whole.length;
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces;
}

function readingsOf(name: string): string[] {
  const whole = name.replace(/[._-]+$/, '');
  const ends = [...whole.matchAll(/[._-]+/g)].map((match) => match.index);
  return [whole, ...ends.reverse().map((at) => whole.slice(0, at))];
}
