import type { ChannelId, UserId } from '@parley/protocol';
import type { Grant } from '../channels/permissions.ts';
import { MESSAGE_COLUMNS, type MessageRow } from '../messages/message-rows.ts';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** A place in the newest-first order of all messages. */
export interface SearchPlace {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly channelId: string;
  readonly seq: number;
}

/** What a search narrows to; null where it does not. */
export interface SearchFilter {
  readonly grants: readonly Grant<'message.history'>[];
  readonly channelId: ChannelId | null;
  readonly senderId: UserId | null;
  /** A `tsquery`. */
  readonly words: string | null;
  /** `LIKE` patterns, the most selective one first. */
  readonly parts: readonly string[];
  readonly before: number | null;
  readonly since: number | null;
  readonly hasLink: boolean;
  readonly hasFile: boolean;
  readonly hasReaction: boolean;
  readonly hasPin: boolean;
}

/**
 * The row of the index must still tell the message's text: an edit that is not indexed yet makes the old words find
 * nothing. Files, reactions and pins are looked up as they are.
 */
const PAGE = `
SELECT ${MESSAGE_COLUMNS}
  FROM (
    SELECT s.channel_id, s.seq
      FROM message_search s
      JOIN messages t ON t.channel_id = s.channel_id AND t.seq = s.seq
                     AND t.deleted_at IS NULL AND t.edited_at IS NOT DISTINCT FROM s.edited_at
     WHERE s.root_id = ANY($1::uuid[])
       AND ($2::uuid IS NULL OR s.channel_id = $2)
       AND ($3::uuid IS NULL OR s.sender_id = $3)
       AND ($4::tsquery IS NULL OR s.words @@ $4)
       AND ($5::text IS NULL OR (s.folded LIKE $5 AND s.folded LIKE ALL ($6::text[])))
       AND ($7::timestamptz IS NULL OR s.created_at < $7)
       AND ($8::timestamptz IS NULL OR s.created_at >= $8)
       AND ($9::timestamptz IS NULL OR (s.created_at, s.channel_id, s.seq) < ($9, $10::uuid, $11::bigint))
       AND ($12::timestamptz IS NULL OR s.created_at > $12)
       AND (NOT $13 OR s.has_link)
       AND (NOT $14 OR cardinality(t.attachments) > 0)
       AND (NOT $15 OR EXISTS (SELECT FROM reactions r WHERE r.channel_id = s.channel_id AND r.seq = s.seq))
       AND (NOT $16 OR t.pinned_at IS NOT NULL)
     ORDER BY s.created_at DESC, s.channel_id DESC, s.seq DESC
     LIMIT $17) found
  JOIN messages m ON m.channel_id = found.channel_id AND m.seq = found.seq
 ORDER BY date_trunc('milliseconds', m.created_at) DESC, m.channel_id DESC, m.seq DESC`;

/** Reads what a filter finds after a place and later than `edge`, newest first. */
export function readFound(
  tx: Tx,
  filter: SearchFilter,
  page: { readonly after: SearchPlace | null; readonly edge: number | null; readonly limit: number },
): Promise<MessageRow[]> {
  return query<MessageRow>(tx, PAGE, [
    filter.grants.map((grant) => grant.root.id),
    filter.channelId,
    filter.senderId,
    filter.words,
    filter.parts[0] ?? null,
    filter.parts,
    timeOf(filter.before),
    timeOf(filter.since),
    timeOf(page.after?.at ?? null),
    page.after?.channelId ?? null,
    page.after?.seq ?? null,
    timeOf(page.edge),
    filter.hasLink,
    filter.hasFile,
    filter.hasReaction,
    filter.hasPin,
    page.limit,
  ]);
}

/** The time up to which the newest `count` messages reach, of those that a search goes through; null when there are fewer. */
export async function readEdge(
  tx: Tx,
  filter: SearchFilter,
  after: SearchPlace | null,
  count: number,
): Promise<number | null> {
  const rows = await query<{ at: number }>(
    tx,
    `SELECT s.created_at AS at FROM message_search s
      WHERE s.root_id = ANY($1::uuid[]) AND ($2::uuid IS NULL OR s.channel_id = $2)
        AND ($3::timestamptz IS NULL OR s.created_at < $3) AND ($4::timestamptz IS NULL OR s.created_at >= $4)
        AND ($5::timestamptz IS NULL OR s.created_at <= $5)
      ORDER BY s.created_at DESC OFFSET $6 LIMIT 1`,
    [
      filter.grants.map((grant) => grant.root.id),
      filter.channelId,
      timeOf(filter.before),
      timeOf(filter.since),
      timeOf(after?.at ?? null),
      count,
    ],
  );
  return rows[0]?.at ?? null;
}

/** How many messages of the whole server words or parts find, as the planner takes it from its statistics. */
export async function estimateFound(tx: Tx, filter: Pick<SearchFilter, 'words' | 'parts'>): Promise<number> {
  const rows = await query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    tx,
    `EXPLAIN (FORMAT JSON) SELECT FROM message_search s
      WHERE ($1::tsquery IS NULL OR s.words @@ $1) AND ($2::text IS NULL OR s.folded LIKE $2)`,
    [filter.words, filter.parts[0] ?? null],
  );
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

/** For the rest of the transaction: statements end after this time, and none is compiled, which costs more than it saves. */
export async function limitStatements(tx: Tx, timeoutMs: number): Promise<void> {
  await query(tx, `SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)`, [
    String(timeoutMs),
  ]);
}

/** Whether parts of words can be looked for in bounded time. */
export async function canFindParts(on: Queryable): Promise<boolean> {
  const rows = await query<{ exists: boolean }>(
    on,
    `SELECT to_regclass('idx_message_search_folded') IS NOT NULL AS exists`,
  );
  return rows[0]?.exists ?? false;
}

/** Finds who has a user name. */
export async function findUser(on: Queryable, username: string): Promise<UserId | null> {
  const rows = await query<{ id: UserId }>(on, 'SELECT id FROM users WHERE lower(username) = $1', [username]);
  return rows[0]?.id ?? null;
}

function timeOf(at: number | null): Date | null {
  return at === null ? null : new Date(at);
}
