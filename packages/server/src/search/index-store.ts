import type { ChannelId } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** Of all nodes one indexes at a time: 'Parley, search'. */
const INDEX_LOCK = 7_311_202_001;

/** Takes the right to index for this transaction; false when another node has it. */
export async function tryIndexLock(tx: Tx): Promise<boolean> {
  const rows = await query<{ ours: boolean }>(tx, 'SELECT pg_try_advisory_xact_lock($1) AS ours', [INDEX_LOCK]);
  return rows[0]?.ours ?? false;
}

/** Changes of a root channel that are not indexed: those after `from`, up to `to`. */
export interface IndexRange {
  readonly rootId: ChannelId;
  readonly from: number;
  readonly to: number;
}

/** Root channels with changes that are not indexed, those with the fewest first, so that a backlog holds up nobody else. */
export function readBacklog(on: Queryable, limit: number): Promise<IndexRange[]> {
  return query<IndexRange>(
    on,
    `SELECT c.id AS "rootId", coalesce(p.rev, 0) AS "from", c.last_rev AS "to"
       FROM channels c LEFT JOIN search_progress p ON p.root_id = c.id
      WHERE c.kind <> 'thread' AND c.last_rev > coalesce(p.rev, 0)
      ORDER BY c.last_rev - coalesce(p.rev, 0) LIMIT $1`,
    [limit],
  );
}

/** How many changes are not indexed. */
export async function readLag(on: Queryable): Promise<number> {
  const rows = await query<{ lag: number }>(
    on,
    `SELECT coalesce(sum(c.last_rev - coalesce(p.rev, 0)), 0)::bigint AS lag
       FROM channels c LEFT JOIN search_progress p ON p.root_id = c.id
      WHERE c.kind <> 'thread' AND c.last_rev > coalesce(p.rev, 0)`,
  );
  return rows[0]?.lag ?? 0;
}

export interface ChangedText {
  readonly channelId: ChannelId;
  readonly seq: number;
  readonly rev: number;
  readonly body: string;
  readonly isGone: boolean;
}

/** The messages that changed in these ranges, threads included. */
export function readChanged(on: Queryable, ranges: readonly IndexRange[]): Promise<ChangedText[]> {
  return query<ChangedText>(
    on,
    `SELECT m.channel_id AS "channelId", m.seq, m.rev, m.body, (m.deleted_at IS NOT NULL OR m.kind <> 'text') AS "isGone"
       FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS r(root, low, high)
       JOIN messages m ON m.root_id = r.root AND m.rev > r.low AND m.rev <= r.high`,
    [ranges.map((range) => range.rootId), ranges.map((range) => range.from), ranges.map((range) => range.to)],
  );
}

export interface IndexedText extends Pick<ChangedText, 'channelId' | 'seq' | 'rev'> {
  readonly folded: string;
  /** A `tsvector` in its text form. */
  readonly words: string;
  readonly hasLink: boolean;
}

/** Indexes texts of messages that are still at the rev they were read at; the others have a later turn. */
export async function writeIndexed(tx: Tx, texts: readonly IndexedText[]): Promise<void> {
  await query(
    tx,
    `INSERT INTO message_search (channel_id, root_id, seq, sender_id, created_at, edited_at, has_link, folded, words)
     SELECT m.channel_id, m.root_id, m.seq, m.sender_id, date_trunc('milliseconds', m.created_at), m.edited_at,
            i.has_link, i.folded, i.words::tsvector
       FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[], $5::text[], $6::text[])
            AS i(channel, seq, rev, has_link, folded, words)
       JOIN messages m ON m.channel_id = i.channel AND m.seq = i.seq AND m.rev = i.rev
     ON CONFLICT (channel_id, seq) DO UPDATE
        SET edited_at = excluded.edited_at, has_link = excluded.has_link, folded = excluded.folded, words = excluded.words
      WHERE message_search.edited_at IS DISTINCT FROM excluded.edited_at`,
    [
      texts.map((text) => text.channelId),
      texts.map((text) => text.seq),
      texts.map((text) => text.rev),
      texts.map((text) => text.hasLink),
      texts.map((text) => text.folded),
      texts.map((text) => text.words),
    ],
  );
}

/** Takes messages out of the index. */
export async function removeIndexed(tx: Tx, gone: readonly Pick<ChangedText, 'channelId' | 'seq'>[]): Promise<void> {
  await query(
    tx,
    `DELETE FROM message_search s USING unnest($1::uuid[], $2::bigint[]) AS g(channel, seq)
      WHERE s.channel_id = g.channel AND s.seq = g.seq`,
    [gone.map((text) => text.channelId), gone.map((text) => text.seq)],
  );
}

/** Notes that these ranges are indexed. */
export async function writeProgress(tx: Tx, ranges: readonly IndexRange[]): Promise<void> {
  await query(
    tx,
    `INSERT INTO search_progress (root_id, rev) SELECT * FROM unnest($1::uuid[], $2::bigint[])
     ON CONFLICT (root_id) DO UPDATE SET rev = excluded.rev`,
    [ranges.map((range) => range.rootId), ranges.map((range) => range.to)],
  );
}
