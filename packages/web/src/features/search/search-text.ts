/** What can narrow a search down, as it is written: `from:ada`. */
export const FILTERS = ['from', 'in', 'after', 'before', 'has'] as const;
export type Filter = (typeof FILTERS)[number];

const TOKEN = /(?:^|\s)(from|in|before|after|has):(?:"([^"]*)"?|(\S*))/gi;

/** The filters of a search and their values, as far as they are written in it. */
export function filtersOf(text: string): ReadonlyMap<Filter, string> {
  const found = [...text.matchAll(TOKEN)].map(
    ([, name = '', quoted, plain = '']) => [name.toLowerCase() as Filter, quoted ?? plain] as const,
  );
  return new Map(found);
}

/** The search with this filter set to a value, or without it. */
export function withFilter(text: string, filter: Filter, value: string | null): string {
  const rest = text
    .replace(TOKEN, (token, name: string) => (name.toLowerCase() === filter ? '' : token))
    .replace(/\s+/g, ' ')
    .trim();
  if (value === null) return rest;
  const token = `${filter}:${/\s/.test(value) ? `"${value}"` : value}`;
  return rest === '' ? `${token} ` : `${rest} ${token} `;
}

/** A stretch of a text, and whether it is one that was looked for. */
export interface Stretch {
  readonly text: string;
  readonly isFound: boolean;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What makes words bold, struck out or code says nothing in a line of plain text. */
const MARKS = /\*\*|~~|`+/g;
/** Before the first thing found this much is shown. */
const LEAD = 60;
const MAX_LENGTH = 320;

/** The part of a text around what was found in it, cut into what was found and what was not. */
export function excerpt(body: string, ranges: readonly Range[]): readonly Stretch[] {
  const first = ranges[0]?.start ?? 0;
  const from = first <= LEAD ? 0 : wordStart(body, first - LEAD);
  const to = Math.min(body.length, from + MAX_LENGTH);
  const pieces: Stretch[] = [];
  const push = (text: string, isFound: boolean) => {
    const shown = text.replace(MARKS, '');
    if (shown !== '') pieces.push({ text: shown, isFound });
  };
  let at = from;
  if (from > 0) push('…', false);
  for (const { start, end } of ranges) {
    if (start < at || start >= to) continue;
    push(body.slice(at, start), false);
    push(body.slice(start, Math.min(end, to)), true);
    at = Math.min(end, to);
  }
  push(body.slice(at, to), false);
  if (to < body.length) push('…', false);
  return pieces;
}

function wordStart(body: string, near: number): number {
  const space = body.slice(near, near + LEAD).search(/\s/);
  return space < 0 ? near : near + space + 1;
}
