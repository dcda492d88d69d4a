import { LIMITS } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import { fold } from './fold.ts';
import { isSingle, splitTerm } from './words.ts';

export type Has = 'link' | 'file' | 'reaction' | 'pin';

/** A word or phrase that is looked for. */
export interface Term {
  /** What was written, folded. */
  readonly text: string;
  readonly words: readonly string[];
  /** The last word may go on: true outside quotes. */
  readonly isPrefix: boolean;
}

/** A search as it was meant. */
export interface SearchQuery {
  readonly terms: readonly Term[];
  readonly without: readonly Term[];
  readonly from: string | null;
  readonly in: string | null;
  /** Epoch milliseconds; messages from before this. */
  readonly before: number | null;
  /** Epoch milliseconds; messages from this on. */
  readonly since: number | null;
  readonly has: readonly Has[];
}

/** One piece after another, each taken once: no piece can be read in two ways, so any text takes linear time. */
const PIECE = /\s*(-?)(?:(from|in|before|after|has):)?(?:"([^"]*)"?|([^\s"]+))/giy;
const HAS: ReadonlySet<string> = new Set(['link', 'file', 'reaction', 'pin']);
const DATE = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/;

/** Reads what somebody typed; throws `bad_request` with what is wrong, never anything else. */
export function parseSearch(typed: string): SearchQuery {
  const draft: Draft = { terms: [], without: [], from: null, in: null, before: null, since: null, has: [] };
  const text = typed.replaceAll(/[“”„]/g, '"').trim();
  const pieces = new RegExp(PIECE);
  let count = 0;
  while (pieces.lastIndex < text.length) {
    const found = pieces.exec(text);
    if (found === null) break;
    if (++count > LIMITS.searchTerms) throw refused(`it has more than ${LIMITS.searchTerms} parts`);
    const [, minus, key, quoted, plain] = found;
    const value = quoted ?? plain ?? '';
    if (key !== undefined) {
      if (minus !== '') throw refused('filters cannot be left out with a minus, only words');
      addFilter(draft, key.toLowerCase(), value);
    } else addTerm(minus === '' ? draft.terms : draft.without, value, quoted === undefined && minus === '');
  }
  if (isEmpty(draft)) throw refused('there is no word and no filter in it');
  return draft;
}

type Draft = { -readonly [Key in keyof SearchQuery]: SearchQuery[Key] } & {
  readonly terms: Term[];
  readonly without: Term[];
  readonly has: Has[];
};

function addTerm(list: Term[], value: string, isPrefix: boolean): void {
  const { text } = fold(value.trim());
  const words = splitTerm(text);
  const last = words.at(-1);
  if (last === undefined) return;
  list.push({ text, words: words.map((word) => word.text), isPrefix: isPrefix || isSingle(last) });
}

function addFilter(draft: Draft, key: string, value: string): void {
  if (key === 'from') draft.from = once(draft.from, key, value.replace(/^@/, '').toLowerCase());
  else if (key === 'in') draft.in = once(draft.in, key, value.replace(/^#/, '').trim());
  else if (key === 'before') draft.before = once(draft.before, key, startAndEndOf(value)[0]);
  else if (key === 'after') draft.since = once(draft.since, key, startAndEndOf(value)[1]);
  else if (isHas(value.toLowerCase())) draft.has.push(value.toLowerCase() as Has);
  else throw refused('has: takes link, file, reaction or pin');
}

function once<Value>(before: Value | null, key: string, value: Value): Value {
  if (before !== null) throw refused(`${key}: is there twice`);
  return value;
}

function isHas(value: string): value is Has {
  return HAS.has(value);
}

/** First moment of a year, month or day, and the first after it, in UTC. */
function startAndEndOf(value: string): [number, number] {
  const [, year, month, day] = DATE.exec(value) ?? [];
  if (year === undefined) throw refused('a date is a year, a month as 2026-05, or a day as 2026-05-31');
  const [y, m, d] = [Number(year), Number(month ?? 1) - 1, Number(day ?? 1)];
  const start = Date.UTC(y, m, d);
  const isReal = y >= 1970 && new Date(start).getUTCMonth() === m && new Date(start).getUTCDate() === d;
  if (!isReal) throw refused('there is no such date');
  if (day !== undefined) return [start, Date.UTC(y, m, d + 1)];
  return month === undefined ? [start, Date.UTC(y + 1, 0, 1)] : [start, Date.UTC(y, m + 1, 1)];
}

function isEmpty(query: SearchQuery): boolean {
  const isFiltered = query.from !== null || query.in !== null || query.before !== null || query.since !== null;
  return !isFiltered && query.terms.length + query.without.length + query.has.length === 0;
}

function refused(why: string): AppError {
  return new AppError('bad_request', `unable to search; ${why}`, { issues: [{ path: 'query', message: why }] });
}
