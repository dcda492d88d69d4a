import { AppError } from '../lib/app-error.ts';

/** What a reader asks for; `before`, `after` and `around` are places in the channel. */
export interface PageRequest {
  readonly limit: number;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly around?: number | undefined;
  /** Messages to skip, counted down from `before` or from the newest. */
  readonly offset?: number | undefined;
}

/** Places `from` to `to` of a channel, both included; empty when `to` is below `from`. */
export interface PageRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Finds which places a page holds. A channel has messages 1 to `lastSeq` without a hole, so every page is arithmetic: the
 * millionth offset costs what the first does, and nothing that happens between two pages shifts them.
 */
export function pageRange(request: PageRequest, lastSeq: number): PageRange {
  const { limit, before, after, around, offset } = request;
  if (around !== undefined) {
    demandAlone(request);
    return rangeAround(around, limit, lastSeq);
  }
  if (after !== undefined) {
    if (offset !== undefined) throw ambiguous();
    const end = before === undefined ? lastSeq : Math.min(before - 1, lastSeq);
    return { from: after + 1, to: Math.min(after + limit, end) };
  }
  const newest = before === undefined ? lastSeq : Math.min(before - 1, lastSeq);
  const to = newest - (offset ?? 0);
  return { from: Math.max(1, to - limit + 1), to };
}

/** The page around a place is full wherever the channel has enough messages: at an end it grows to the other side. */
function rangeAround(around: number, limit: number, lastSeq: number): PageRange {
  const wanted = around - Math.floor(limit / 2);
  const from = Math.max(1, Math.min(wanted, lastSeq - limit + 1));
  return { from, to: Math.min(lastSeq, from + limit - 1) };
}

/**
 * The part of a page that fits: it begins at the place or the end that was asked for, grows from there, and has one message at
 * least. Sizes are those of the places of the range, in their order. Whoever counts what to skip needs pages that are as long as he asked for.
 */
export function fitRange(
  request: PageRequest,
  range: PageRange,
  sizes: readonly number[],
  maxBytes: number,
): PageRange {
  if (request.offset !== undefined || sizes.length === 0) return range;
  const last = sizes.length - 1;
  const anchor = anchorOf(request, range, last);
  let [low, high, bytes] = [anchor, anchor, sizes[anchor] ?? 0];
  while (low > 0 || high < last) {
    const isDown = low > 0 && (high === last || anchor - low <= high - anchor);
    bytes += sizes[isDown ? low - 1 : high + 1] ?? 0;
    if (bytes > maxBytes) break;
    if (isDown) low -= 1;
    else high += 1;
  }
  return { from: range.from + low, to: range.from + high };
}

function anchorOf({ after, around }: PageRequest, { from }: PageRange, last: number): number {
  if (around !== undefined) return Math.min(last, Math.max(0, around - from));
  return after === undefined ? last : 0;
}

function demandAlone({ before, after, offset }: PageRequest): void {
  if (before !== undefined || after !== undefined || offset !== undefined) throw ambiguous();
}

function ambiguous(): AppError {
  return new AppError('bad_request', 'unable to find the page; it is asked for in two ways at once');
}
