import { createHash } from 'node:crypto';
import type { InputOf, SearchPage, UserId } from '@parley/protocol';
import { accessOf } from '../channels/granted.ts';
import { findByName, grantedRoots } from '../channels/own-roots.ts';
import { demandMembership } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { makeCursor, readCursor } from '../lib/cursor.ts';
import { fitting } from '../lib/json-bytes.ts';
import { type MessageRow, messageView } from '../messages/message-rows.ts';
import { type Database, errorCode, type Tx } from '../storage/postgres.ts';
import { highlightPage } from './highlights.ts';
import { parseSearch, type SearchQuery } from './search-query.ts';
import {
  canFindParts,
  estimateFound,
  findUser,
  limitStatements,
  readEdge,
  readFound,
  type SearchFilter,
  type SearchPlace,
} from './search-store.ts';
import { containing, textQueryOf } from './text-query.ts';

/** A statement of a search that runs longer is cancelled. */
const STATEMENT_MS = 2_000;
/** After this long no further window is opened: what was found so far is the page. */
const BUDGET_MS = 1_000;
/** Up to here all that words find is fetched and sorted; above it the newest messages are gone through, window by window. */
const MAX_SORTED = 5_000;
/** Messages gone through for one page, in windows that grow. */
const WINDOWS: readonly number[] = [5_000, 50_000, 400_000];
/** What trigrams can narrow. */
const MIN_PART_UNITS = 3;
const CANCELLED = '57014';
const LAST_PLACE = { channelId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', seq: Number.MAX_SAFE_INTEGER };
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Mode = 'words' | 'parts';

/** What one page found, and where the next one goes on. */
interface Found {
  readonly rows: readonly MessageRow[];
  readonly next: SearchPlace | null;
  /** There is no room for more. */
  readonly isFull: boolean;
}

/** Finds messages by their words, newest first, in the channels that the caller is in when he asks. */
export class Search {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** One page. Membership, words and messages are of one moment; a search that takes too long is answered `unavailable`. */
  async page(userId: UserId, input: InputOf<'message.search'>): Promise<SearchPage> {
    const asked = parseSearch(input.query);
    const list = listOf(userId, input);
    const start = input.cursor === undefined ? null : readPlace(list, input.cursor);
    const { rows, next, mode } = await this.#search({ userId, input, asked, start });
    const bodies = rows.map((row) => row.body);
    const highlights = await highlightPage(bodies, { terms: asked.terms, isPart: mode === 'parts' });
    return {
      results: rows.map((row, index) => ({ message: messageView(row), highlights: highlights[index] ?? [] })),
      nextCursor: next === null ? null : writePlace(list, next, mode),
    };
  }

  async #search(request: Request): Promise<Found & { mode: Mode }> {
    try {
      return await this.#db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((tx) => this.#page(tx, request));
    } catch (error) {
      if (errorCode(error) !== CANCELLED) throw error;
      const message = 'unable to search; it took too long: name a channel, a time or a rarer word';
      throw new AppError('unavailable', message, { cause: error, level: 'info' });
    }
  }

  async #page(tx: Tx, request: Request): Promise<Found & { mode: Mode }> {
    const { asked, start, input } = request;
    await limitStatements(tx, STATEMENT_MS);
    const filter = await filterOf(tx, request);
    let mode: Mode = start?.mode ?? 'words';
    if (filter === null) return { rows: [], next: null, isFull: false, mode };
    const search = (by: Mode) => this.#find(tx, narrowTo(by, filter, asked), start?.place ?? null, input.limit);
    let found = await search(mode);
    const isVain = start === null && found.rows.length === 0 && found.next === null;
    if (isVain && hasParts(asked) && (await canFindParts(tx))) {
      mode = 'parts';
      found = await search(mode);
    }
    return { ...found, mode };
  }

  async #find(tx: Tx, filter: SearchFilter, after: SearchPlace | null, limit: number): Promise<Found> {
    const hasText = filter.words !== null || filter.parts.length > 0;
    if (hasText && (await estimateFound(tx, filter)) <= MAX_SORTED) {
      return pageOf(await readFound(tx, filter, { after, edge: null, limit: limit + 1 }), limit, null);
    }
    const startedAt = this.#clock.monotonic();
    for (const [index, count] of WINDOWS.entries()) {
      const edge = await readEdge(tx, filter, after, count);
      const found = pageOf(await readFound(tx, filter, { after, edge, limit: limit + 1 }), limit, edge);
      const isLast = index === WINDOWS.length - 1 || this.#clock.monotonic() - startedAt > BUDGET_MS;
      if (edge === null || found.isFull || isLast) return found;
    }
    throw new Error('there is a last window');
  }
}

interface Request {
  readonly userId: UserId;
  readonly input: InputOf<'message.search'>;
  readonly asked: SearchQuery;
  readonly start: { readonly place: SearchPlace; readonly mode: Mode } | null;
}

/** What to search in; null when there can be nothing, because nobody and no channel of the caller's is meant. */
async function filterOf(tx: Tx, { userId, input, asked }: Request): Promise<SearchFilter | null> {
  if (input.channelId !== undefined) demandMembership(await accessOf(tx, userId, input.channelId), 'search');
  const own = await grantedRoots(tx, userId, 'message.history');
  const named = asked.in === null ? null : await findByName(tx, own, asked.in);
  if (asked.in !== null && named === null) return null;
  const senderId = asked.from === null ? null : asked.from === 'me' ? userId : await findUser(tx, asked.from);
  if (asked.from !== null && senderId === null) return null;
  return {
    grants: named === null ? own : own.filter((grant) => grant.root.id === named),
    channelId: input.channelId ?? null,
    senderId,
    words: null,
    parts: [],
    before: asked.before,
    since: asked.since,
    hasLink: asked.has.includes('link'),
    hasFile: asked.has.includes('file'),
    hasReaction: asked.has.includes('reaction'),
    hasPin: asked.has.includes('pin'),
  };
}

function narrowTo(mode: Mode, filter: SearchFilter, { terms, without }: SearchQuery): SearchFilter {
  if (mode === 'words') return { ...filter, words: textQueryOf({ terms, without }) };
  const longestFirst = terms.map((term) => term.text).sort((a, b) => b.length - a.length);
  return { ...filter, words: textQueryOf({ terms: [], without }), parts: longestFirst.map(containing) };
}

function hasParts({ terms }: SearchQuery): boolean {
  return terms.length > 0 && terms.every((term) => term.isPrefix && term.text.length >= MIN_PART_UNITS);
}

/** A full page goes on after its last message, a short one below the edge of what was gone through. */
function pageOf(found: readonly MessageRow[], limit: number, edge: number | null): Found {
  const rows = fitting(found.slice(0, limit));
  const last = rows.at(-1);
  const isFull = rows.length === limit || rows.length < found.length;
  if (rows.length < found.length && last !== undefined) {
    return { rows, next: { at: last.createdAt, channelId: last.channelId, seq: last.seq }, isFull };
  }
  return { rows, next: edge === null ? null : { at: edge, ...LAST_PLACE }, isFull };
}

/** A cursor goes on with the search that it was made for, and no other. */
function listOf(userId: UserId, { query, channelId }: InputOf<'message.search'>): string {
  return `search:${createHash('sha256').update(`${userId}\n${channelId}\n${query}`).digest('base64url').slice(0, 22)}`;
}

function writePlace(list: string, { at, channelId, seq }: SearchPlace, mode: Mode): string {
  return makeCursor(list, [mode, String(at), channelId, String(seq)]);
}

function readPlace(list: string, cursor: string): { place: SearchPlace; mode: Mode } {
  const [mode = '', at = '', channelId = '', seq = ''] = readCursor(list, cursor, 4);
  const place = { at: Number(at), channelId, seq: Number(seq) };
  const isPlace = isWhole(place.at) && place.at < 8.64e15 && isWhole(place.seq) && UUID.test(channelId);
  if (!isPlace || (mode !== 'words' && mode !== 'parts') || writePlace(list, place, mode) !== cursor) {
    throw new AppError('bad_cursor', 'unable to read the cursor; it does not belong to this list');
  }
  return { place, mode };
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
