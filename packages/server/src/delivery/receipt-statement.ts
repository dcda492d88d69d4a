import type { ChannelId, UserId } from '@parley/protocol';
import type pg from 'pg';
import type { Cursors, Move, Report } from './receipts.ts';

/** Places of one's own messages that a cursor skips in one flush; who sent more in a row gets there in a few. */
const MAX_OWN_RUN = 1_000;

/**
 * Where a cursor of member row `h` that has got to `seq` stands: behind the member's own messages that follow it, for
 * nothing there is left to read.
 */
const pastOwn = (seq: string) => `
  CASE WHEN ${seq} >= h.last_seq THEN ${seq} ELSE coalesce(
    (SELECT f.seq - 1 FROM messages f
      WHERE f.channel_id = h.channel_id AND f.seq > ${seq} AND f.seq <= ${seq} + ${MAX_OWN_RUN} AND f.sender_id <> h.user_id
      ORDER BY f.seq LIMIT 1),
    least(h.last_seq, ${seq} + ${MAX_OWN_RUN})) END`;

/**
 * One flush, one statement. It locks the member rows in order (so two nodes never deadlock), clamps what was said to the
 * channel's real end, and moves cursors forward only. Rows of those who are not members match nothing. A read report ends a
 * "mark unread" up to where it goes; that one has read what one has sent does not.
 *
 * $1 channels, $2 users, $3 delivered, $4 read; zero: not said. The cursors are in no index: every update is heap-only.
 */
export const RECEIPT_STATEMENT = {
  name: 'receipts',
  text: `
WITH held AS MATERIALIZED (
  SELECT m.channel_id, m.user_id, m.delivered_seq, m.read_seq, m.marked_seq, c.last_seq, c.root_id,
         root.member_count, u.hide_receipts, least(n.delivered, c.last_seq) AS delivered, least(n.read, c.last_seq) AS read
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS n(channel, member, delivered, read)
    JOIN channel_members m ON m.channel_id = n.channel AND m.user_id = n.member AND m.left_at IS NULL
    JOIN channels c ON c.id = m.channel_id
    JOIN channels root ON root.id = c.root_id
    JOIN users u ON u.id = m.user_id
   ORDER BY m.channel_id, m.user_id FOR NO KEY UPDATE OF m
), said AS (
  SELECT h.*, greatest(h.read_seq, h.read) AS read_to,
         CASE WHEN h.marked_seq IS NULL OR h.read <= h.marked_seq THEN h.marked_seq
              WHEN h.read < h.read_seq THEN h.read END AS next_marked
    FROM held h
), reached AS MATERIALIZED (
  SELECT h.*, ${pastOwn('h.read_to')} AS next_read,
         ${pastOwn('greatest(h.delivered_seq, h.delivered, h.read_to)')} AS next_delivered
    FROM said h
)
UPDATE channel_members m
   SET delivered_seq = r.next_delivered, read_seq = r.next_read, marked_seq = r.next_marked
  FROM reached r
 WHERE m.channel_id = r.channel_id AND m.user_id = r.user_id
   AND (r.next_delivered > r.delivered_seq OR r.next_read > r.read_seq OR r.next_marked IS DISTINCT FROM r.marked_seq)
RETURNING r.channel_id, r.user_id, r.root_id, r.last_seq, r.member_count, r.hide_receipts,
          r.delivered_seq AS old_delivered, r.read_seq AS old_read, r.marked_seq AS old_marked,
          r.next_delivered, r.next_read, r.next_marked`,
};

interface MovedRow {
  readonly channel_id: ChannelId;
  readonly user_id: UserId;
  readonly root_id: ChannelId;
  readonly last_seq: number;
  readonly member_count: number;
  readonly hide_receipts: boolean;
  readonly old_delivered: number;
  readonly old_read: number;
  readonly old_marked: number | null;
  readonly next_delivered: number;
  readonly next_read: number;
  readonly next_marked: number | null;
}

/** Reports of one member in one channel. */
export interface Pending {
  readonly channelId: ChannelId;
  readonly userId: UserId;
  report: Report;
  /** True once a statement ended without an answer, or what it moved could not be told. */
  isUnsure: boolean;
}

/** A move, and what is needed to tell of it. */
export interface ChannelMove extends Move {
  readonly channelId: ChannelId;
  readonly rootId: ChannelId;
  /** The last message when the report was stored. */
  readonly lastSeq: number;
  /** Members of the root channel. */
  readonly memberCount: number;
}

/**
 * A statement that was sent and not answered within this is taken for lost, or one dead connection would hold up all
 * receipts for ever.
 */
const ANSWER_TIMEOUT_MS = 10_000;

/** Stores reports and returns the members whose place has changed by them. */
export async function storeReports(
  pool: pg.Pool,
  reports: readonly Omit<Pending, 'isUnsure'>[],
): Promise<ChannelMove[]> {
  const values = [
    reports.map((pending) => pending.channelId),
    reports.map((pending) => pending.userId),
    reports.map((pending) => pending.report.delivered),
    reports.map((pending) => pending.report.read),
  ];
  const config = { ...RECEIPT_STATEMENT, values, query_timeout: ANSWER_TIMEOUT_MS };
  const { rows } = await pool.query<MovedRow>(config);
  return rows.map(moveOf);
}

function moveOf(row: MovedRow): ChannelMove {
  const cursors = (deliveredSeq: number, readSeq: number, markedSeq: number | null): Cursors => ({
    deliveredSeq,
    readSeq,
    markedSeq,
  });
  return {
    channelId: row.channel_id,
    userId: row.user_id,
    rootId: row.root_id,
    lastSeq: row.last_seq,
    memberCount: row.member_count,
    hidden: row.hide_receipts,
    before: cursors(row.old_delivered, row.old_read, row.old_marked),
    after: cursors(row.next_delivered, row.next_read, row.next_marked),
  };
}
