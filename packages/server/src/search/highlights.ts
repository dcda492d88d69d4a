import type { Highlight } from '@parley/protocol';
import { LoopShare, type Pause } from '../lib/loop-share.ts';
import { type Folded, fold } from './fold.ts';
import type { Term } from './search-query.ts';
import { splitWords, type Word } from './words.ts';

/** Parts told of one message; whoever looks for a single letter needs no more to see why it was found. */
const MAX_HIGHLIGHTS = 50;
/** Units of text that are looked through in one go: about a millisecond. */
const UNITS_PER_TURN = 8_000;

/** `highlightsOf` for each text of a page, of which many may be as long as can be: the process does other things in between. */
export async function highlightPage(
  bodies: readonly string[],
  { terms, isPart, pause }: { terms: readonly Term[]; isPart: boolean; pause?: Pause },
): Promise<Highlight[][]> {
  const share = new LoopShare(UNITS_PER_TURN, pause);
  const page: Highlight[][] = [];
  for (const body of bodies) {
    await share.spend(body.length);
    page.push(highlightsOf(body, terms, isPart));
  }
  return page;
}

/** The parts of a body that terms found, in order and apart from each other. `isPart` is the search for parts of words. */
export function highlightsOf(body: string, terms: readonly Term[], isPart: boolean): Highlight[] {
  const folded = fold(body);
  const words = isPart ? [] : splitWords(folded.text);
  const ranges = terms.flatMap((term) => (isPart ? partsOf(folded.text, term.text) : phrasesOf(words, term)));
  return merge(ranges.map(([start, end]) => originalOf(folded, start, end))).slice(0, MAX_HIGHLIGHTS);
}

type Range = [start: number, end: number];

function partsOf(text: string, part: string): Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length))
    found.push([at, at + part.length]);
  return found;
}

function phrasesOf(words: readonly Word[], term: Term): Range[] {
  const found: Range[] = [];
  for (let at = 0; at + term.words.length <= words.length; at++) {
    const range = phraseAt(words, at, term);
    if (range !== null) found.push(range);
  }
  return found;
}

function phraseAt(words: readonly Word[], at: number, { words: wanted, isPrefix }: Term): Range | null {
  for (let index = 0; index < wanted.length; index++) {
    const text = wanted[index] ?? '';
    const word = words[at + index];
    const mayGoOn = isPrefix && index === wanted.length - 1;
    if (word === undefined || !(mayGoOn ? word.text.startsWith(text) : word.text === text)) return null;
  }
  const first = words[at];
  const last = words[at + wanted.length - 1];
  if (first === undefined || last === undefined) return null;
  // A pair that begins with a wanted character is not all wanted.
  return [first.start, last.isPair ? last.start + (wanted.at(-1)?.length ?? 0) : last.end];
}

function originalOf({ starts, ends }: Folded, start: number, end: number): Highlight {
  return { start: starts[start] ?? 0, end: ends[end - 1] ?? 0 };
}

function merge(ranges: Highlight[]): Highlight[] {
  const merged: Highlight[] = [];
  for (const range of ranges.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}
