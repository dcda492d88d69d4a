import { once } from '../lib/once.ts';

const HUES = 8;
const segmenter = once(() => new Intl.Segmenter());

/** The first letters of the first and the last word of a name. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean);
  const first = firstLetter(words[0]);
  return words.length < 2 ? first : first + firstLetter(words.at(-1));
}

/** One of eight colours, always the same for the same id. */
export function hueOf(id: string): number {
  let hash = 0;
  for (let index = 0; index < id.length; index++) hash = (hash * 31 + id.charCodeAt(index)) >>> 0;
  return hash % HUES;
}

function firstLetter(word: string | undefined): string {
  if (word === undefined) return '?';
  const [segment] = segmenter().segment(word);
  return (segment?.segment ?? '?').toLocaleUpperCase();
}
