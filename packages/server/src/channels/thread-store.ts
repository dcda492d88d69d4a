import type { ChannelId, UserId } from '@parley/protocol';
import { query, type Tx } from '../storage/postgres.ts';
import { FOLLOW_AGAIN } from '../writer/send-statement.ts';

/** Who is to follow a thread, and up to where they count as having read it; null is all there is. */
export interface Follow {
  readonly threadId: ChannelId;
  readonly userIds: readonly UserId[];
  readonly readSeq: number | null;
  readonly rev: number;
}

/** Lets users follow a thread if they are members of its root, and returns those who did not before. */
export async function insertFollows(tx: Tx, follow: Follow): Promise<UserId[]> {
  const rows = await query<{ userId: UserId }>(
    tx,
    `INSERT INTO channel_members AS f (channel_id, user_id, role, joined_seq, delivered_seq, read_seq, rev, joined_at)
     SELECT c.id, m.user_id, 'member', place.seq, place.seq, place.seq, $4, clock_timestamp()
       FROM channels c
       JOIN channel_members m ON m.channel_id = c.root_id AND m.left_at IS NULL AND m.user_id = ANY($2::uuid[])
      CROSS JOIN LATERAL (SELECT least(coalesce($3::bigint, c.last_seq), c.last_seq) AS seq) place
      WHERE c.id = $1 AND c.kind = 'thread'
     ${FOLLOW_AGAIN}
     RETURNING user_id AS "userId"`,
    [follow.threadId, follow.userIds, follow.readSeq, follow.rev],
  );
  return rows.map((row) => row.userId);
}

/** Ends a follow; false when there is none. */
export async function endFollow(tx: Tx, threadId: ChannelId, userId: UserId, rev: number): Promise<boolean> {
  const rows = await query(
    tx,
    `UPDATE channel_members SET left_at = clock_timestamp(), rev = $3
      WHERE channel_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING user_id`,
    [threadId, userId, rev],
  );
  return rows.length === 1;
}
