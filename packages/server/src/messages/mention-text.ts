import { proseOf } from './prose.ts';

/** Most names that one message is searched for; further ones are plain text. */
export const MAX_MENTIONS = 50;

/** What a text calls out. */
export interface Calls {
  /**
   * One entry per `@name`, each the readings that the name allows, longest first: `@ann.thanks` may be the user `ann.thanks`
   * or the user `ann` at the end of a sentence.
   */
  readonly names: readonly (readonly string[])[];
  readonly everyone: 'here' | 'channel' | null;
}

const NAME = /@([a-z0-9][a-z0-9._-]*)/gi;
/** A word before the @ makes it an e-mail address, a backslash an escape, another @ a handle of some other network. */
const NO_START = /(?:[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}][._%+-]*|[\\@])$/u;
/** Scripts that are written without spaces may go on directly after a name; others may not. */
const NO_END = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}@]/u;
/** Longer than any name with its punctuation. */
const MAX_NAME_TEXT = 64;
const USERNAME = /^[a-z0-9][a-z0-9._-]{0,30}[a-z0-9]$/;

const NOBODY: Calls = { names: [], everyone: null };

/** Finds `@name`, `@here` and `@channel` in Markdown text, outside code, links and e-mail addresses. Case does not matter. */
export function findCalls(body: string): Calls {
  if (!body.includes('@')) return NOBODY;
  const names = new Map<string, readonly string[]>();
  let everyone: Calls['everyone'] = null;
  for (const prose of proseOf(body)) {
    for (const word of prose.split(/\s+/)) {
      for (const name of namesOf(word)) {
        if (name === 'channel' || (name === 'here' && everyone === null)) everyone = name;
        else if (names.size < MAX_MENTIONS) names.set(name, readingsOf(name));
      }
    }
  }
  return { names: [...names.values()].filter((readings) => readings.length > 0), everyone };
}

/** The names that a word without blanks calls; what follows a `://` is a link. */
function namesOf(word: string): string[] {
  if (!word.includes('@')) return [];
  const [text = ''] = word.split('://', 1);
  const names: string[] = [];
  let last = 0;
  for (const match of text.matchAll(NAME)) {
    const end = match.index + match[0].length;
    // Only what lies between two names is looked at, so that a word of a thousand of them costs no more than its length.
    const before = text.slice(last, match.index);
    const isAdjacent = before === '' && match.index > 0;
    const isPath = last === 0 && before.endsWith('/') && before.includes('.');
    last = end;
    if (isAdjacent || isPath || NO_START.test(before) || NO_END.test(text.slice(end, end + 2))) continue;
    if (match[0].length <= MAX_NAME_TEXT) names.push((match[1] ?? '').toLowerCase().replace(/[._-]+$/, ''));
  }
  return names;
}

/** A name may end at any of its separators; the shortest user names have two letters. */
function readingsOf(name: string): string[] {
  const ends = [...name.matchAll(/[._-]+/g)].map((match) => match.index);
  const readings = [name, ...ends.reverse().map((end) => name.slice(0, end))];
  return readings.filter((reading) => USERNAME.test(reading) && reading !== 'here' && reading !== 'channel');
}
