import type { ChannelId, MessageId, ReceiptView, UserId } from '@parley/protocol';
import type { Grant } from '../channels/permissions.ts';
import { type Queryable, query } from '../storage/postgres.ts';

/** Users named by one status; the counts tell the rest. */
const MAX_NAMED = 50;

/**
 * The receipts of a channel's members, as far as they show them; of a channel with more than `maxMembers` only the
 * caller's own, for nobody draws 10,000 of them and everybody would ask.
 */
export async function readReceipts(
  on: Queryable,
  grant: Grant<'message.history'>,
  maxMembers: number,
): Promise<{ receipts: ReceiptView[]; memberCount: number }> {
  const rows = await query<ReceiptView & { memberCount: number }>(
    on,
    `WITH size AS (SELECT count(*) AS members FROM channel_members WHERE channel_id = $1 AND left_at IS NULL)
     SELECT m.user_id AS "userId", m.delivered_seq AS "deliveredSeq", size.members AS "memberCount",
            CASE WHEN u.hide_receipts AND m.user_id <> $2 THEN 0 ELSE m.read_seq END AS "readSeq"
       FROM size JOIN channel_members m ON m.channel_id = $1 AND m.left_at IS NULL
       JOIN users u ON u.id = m.user_id
      WHERE size.members <= $3 OR m.user_id = $2
      ORDER BY m.user_id`,
    [grant.channel.id, grant.userId, maxMembers],
  );
  const memberCount = rows[0]?.memberCount ?? (await countMembers(on, grant.channel.id));
  return {
    receipts: rows.map(({ userId, deliveredSeq, readSeq }) => ({ userId, deliveredSeq, readSeq })),
    memberCount,
  };
}

async function countMembers(on: Queryable, channelId: ChannelId): Promise<number> {
  const rows = await query<{ members: number }>(
    on,
    'SELECT count(*) AS members FROM channel_members WHERE channel_id = $1 AND left_at IS NULL',
    [channelId],
  );
  return rows[0]?.members ?? 0;
}

/** How far one message has got, from the cursors of all others who were members when it was sent. */
export interface MessageReach {
  readonly createdAt: number;
  readonly deliveredAt: number | null;
  readonly readAt: number | null;
  readonly members: number;
  readonly delivered: number;
  readonly read: number;
  readonly readBy: UserId[];
  readonly deliveredTo: UserId[];
}

/** Reads how far a message has got; null when there is no such message. Who was deactivated is waited for by nobody. */
export async function readReach(
  on: Queryable,
  grant: Grant<'message.history'>,
  messageId: MessageId,
): Promise<MessageReach | null> {
  const rows = await query<MessageReach>(
    on,
    `WITH message AS MATERIALIZED (
       SELECT seq, sender_id, created_at, delivered_at, read_at FROM messages WHERE channel_id = $1 AND id = $2
     ), apart AS MATERIALIZED (
       SELECT id, deactivated_at FROM users WHERE hide_receipts OR deactivated_at IS NOT NULL
     ), other AS MATERIALIZED (
       SELECT m.user_id, m.delivered_seq >= x.seq AS has_it, a.id IS NULL AND m.read_seq >= x.seq AS has_read
         FROM message x
         JOIN channel_members m ON m.channel_id = $1 AND m.left_at IS NULL AND m.user_id <> x.sender_id AND m.joined_seq < x.seq
         LEFT JOIN apart a ON a.id = m.user_id
        WHERE a.deactivated_at IS NULL
     )
     SELECT x.created_at AS "createdAt", x.delivered_at AS "deliveredAt", x.read_at AS "readAt", counted.*,
            ARRAY(SELECT user_id FROM other WHERE has_read LIMIT ${MAX_NAMED}) AS "readBy",
            ARRAY(SELECT user_id FROM other WHERE has_it LIMIT ${MAX_NAMED}) AS "deliveredTo"
       FROM message x
      CROSS JOIN (SELECT count(*) AS members, count(*) FILTER (WHERE has_it) AS delivered,
                         count(*) FILTER (WHERE has_read) AS read FROM other) counted`,
    [grant.channel.id, messageId],
  );
  return rows[0] ?? null;
}
