import type { ChannelId, UserId } from '@parley/protocol';
import { OWN_READ_SEQ, UNREAD_MENTIONS } from '../channels/channel-rows.ts';
import { type Queryable, query } from '../storage/postgres.ts';

/** A member whose counts or cursors are not what the messages say. */
export interface UnreadDrift {
  readonly channelId: ChannelId;
  readonly userId: UserId;
  readonly unread: number;
  readonly countedUnread: number;
  readonly mentions: number;
  readonly countedMentions: number;
  /** True when read <= delivered <= the channel's last message does not hold. */
  readonly isOutOfOrder: boolean;
}

export interface UnreadReport {
  /** Memberships that were compared. */
  readonly checked: number;
  /** At most the first 100 that differ. */
  readonly drifts: readonly UnreadDrift[];
}

/** Channels counted by one statement. */
const CHUNK = 100;
const MAX_DRIFTS = 100;

const COMPARE = `
SELECT m.channel_id AS "channelId", m.user_id AS "userId", c.last_seq - ${OWN_READ_SEQ} AS unread, ${UNREAD_MENTIONS} AS mentions,
       counted.unread AS "countedUnread", counted.mentions AS "countedMentions",
       NOT (m.read_seq <= m.delivered_seq AND m.delivered_seq <= c.last_seq) AS "isOutOfOrder"
  FROM channels c
  JOIN channel_members m ON m.channel_id = c.id AND m.left_at IS NULL
 CROSS JOIN LATERAL (
   SELECT count(*) AS unread,
          count(*) FILTER (WHERE x.deleted_at IS NULL AND (m.user_id = ANY(x.mentions)
                              OR (x.everyone IS NOT NULL AND x.sender_id <> m.user_id))) AS mentions
     FROM messages x WHERE x.channel_id = c.id AND x.seq > ${OWN_READ_SEQ}) counted
 WHERE c.id = ANY($1::uuid[])`;

/** Compares every unread and mention count with a recount of the messages themselves: the self-check of the arithmetic. */
export async function verifyUnread(on: Queryable): Promise<UnreadReport> {
  const drifts: UnreadDrift[] = [];
  let checked = 0;
  let last: ChannelId | null = null;
  for (;;) {
    const ids: readonly ChannelId[] = await nextChannels(on, last);
    if (ids.length === 0) return { checked, drifts };
    last = ids[ids.length - 1] ?? null;
    const rows = await query<UnreadDrift>(on, COMPARE, [ids]);
    checked += rows.length;
    drifts.push(...rows.filter(isDrift).slice(0, MAX_DRIFTS - drifts.length));
  }
}

async function nextChannels(on: Queryable, after: ChannelId | null): Promise<ChannelId[]> {
  const rows = await query<{ id: ChannelId }>(
    on,
    'SELECT id FROM channels WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2',
    [after, CHUNK],
  );
  return rows.map((row) => row.id);
}

function isDrift(row: UnreadDrift): boolean {
  return row.isOutOfOrder || row.unread !== row.countedUnread || row.mentions !== row.countedMentions;
}
