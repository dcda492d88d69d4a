import type { ChannelId, CursorEvent, UserId } from '@parley/protocol';
import type pg from 'pg';
import { OWN_READ_SEQ, UNREAD_MENTIONS } from '../channels/channel-rows.ts';
import { type Queryable, query } from '../storage/postgres.ts';

/** What is unread for a user in one channel or followed thread. */
export interface Unread {
  readonly channelId: ChannelId;
  readonly lastSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly mentions: number;
}

/** A thread counts only while one is in the channel it hangs on. */
const IS_HERE = `
  m.left_at IS NULL AND (c.kind <> 'thread' OR EXISTS (SELECT FROM channel_members above
    WHERE above.channel_id = c.root_id AND above.user_id = m.user_id AND above.left_at IS NULL))`;

const UNREAD = `
SELECT c.id AS "channelId", c.last_seq AS "lastSeq", ${OWN_READ_SEQ} AS "readSeq",
       c.last_seq - ${OWN_READ_SEQ} AS unread, ${UNREAD_MENTIONS} AS mentions
  FROM channel_members m JOIN channels c ON c.id = m.channel_id
 WHERE m.user_id = $1 AND c.last_seq > ${OWN_READ_SEQ} AND ${IS_HERE}`;

/**
 * What is unread for a user, by one query: arithmetic on cursors, so there is no counter to drift. Channels of which all is read
 * are left out. Planning took longer than the work itself, so the statement is prepared.
 */
export async function readUnread(pool: Pick<pg.Pool, 'query'>, userId: UserId): Promise<Unread[]> {
  const { rows } = await pool.query<Unread>({ name: 'unread', text: UNREAD, values: [userId] });
  return rows;
}

/** A member of a channel. */
export interface Membership {
  readonly userId: UserId;
  readonly channelId: ChannelId;
}

/** A member's cursors, as his own devices are told of them. */
export type OwnCursors = Membership & Omit<CursorEvent, 't' | 'channel'>;

const OWN_CURSORS = `
  m.user_id AS "userId", m.channel_id AS "channelId", ${OWN_READ_SEQ} AS "readSeq",
  m.delivered_seq AS "deliveredSeq", ${UNREAD_MENTIONS} AS mentions, m.read_seq AS "reachedSeq"`;

/** Reads the cursors of these members as they are now. */
export function readOwnCursors(on: Queryable, pairs: readonly Membership[]): Promise<OwnCursors[]> {
  return query<OwnCursors>(
    on,
    `SELECT ${OWN_CURSORS}
       FROM unnest($1::uuid[], $2::uuid[]) AS n(channel, member)
       JOIN channel_members m ON m.channel_id = n.channel AND m.user_id = n.member AND m.left_at IS NULL
       JOIN channels c ON c.id = m.channel_id`,
    [pairs.map((pair) => pair.channelId), pairs.map((pair) => pair.userId)],
  );
}

/** Reads the cursors of these users wherever they have read anything. */
export function readMovedCursors(on: Queryable, userIds: readonly UserId[]): Promise<OwnCursors[]> {
  return query<OwnCursors>(
    on,
    `SELECT ${OWN_CURSORS}
       FROM channel_members m JOIN channels c ON c.id = m.channel_id
      WHERE m.user_id = ANY($1::uuid[]) AND m.read_seq > m.joined_seq AND ${IS_HERE}`,
    [userIds],
  );
}

/**
 * Puts a member back to before message `seq`, for himself alone: the cursor that others see stays. False when the user is
 * not a member. Messages from before one joined cannot become unread.
 */
export async function markUnread(on: Queryable, userId: UserId, channelId: ChannelId, seq: number): Promise<boolean> {
  const rows = await query(
    on,
    `UPDATE channel_members m
        SET marked_seq = CASE WHEN greatest($3::bigint - 1, joined_seq) < read_seq THEN greatest($3::bigint - 1, joined_seq) END
      WHERE channel_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING user_id`,
    [channelId, userId, seq],
  );
  return rows.length === 1;
}
