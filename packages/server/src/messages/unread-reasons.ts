import type { ChannelId, OutputOf, UserId } from '@parley/protocol';
import { OWN_READ_SEQ, UNREAD_MENTIONS } from '../channels/channel-rows.ts';
import type { Grant } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import { query, type Tx } from '../storage/postgres.ts';
import { MESSAGE_COLUMNS, type MessageRow, messageView } from './message-rows.ts';

/** Unread mentions that are shown; their number tells of the rest. */
const MAX_MENTIONED = 20;

interface Place {
  readonly readSeq: number;
  readonly unread: number;
  readonly mentions: number;
}

/** Reads what makes a channel or followed thread unread for a member; throws `forbidden` for who is neither. */
export async function readUnreadReasons(
  tx: Tx,
  { userId, channel }: Grant<'message.history'>,
): Promise<OutputOf<'message.unread'>> {
  const [place] = await query<Place>(
    tx,
    `SELECT ${OWN_READ_SEQ} AS "readSeq", c.last_seq - ${OWN_READ_SEQ} AS unread, ${UNREAD_MENTIONS} AS mentions
       FROM channel_members m JOIN channels c ON c.id = m.channel_id
      WHERE m.channel_id = $1 AND m.user_id = $2 AND m.left_at IS NULL`,
    [channel.id, userId],
  );
  if (place === undefined) {
    throw new AppError('forbidden', 'unable to tell what is unread; the caller is not a member, or does not follow');
  }
  const [first] = place.unread === 0 ? [] : await readFirst(tx, channel.id, place.readSeq);
  const mentioned = place.mentions === 0 ? [] : await readMentions(tx, userId, channel.id, place.readSeq);
  return { ...place, first: first === undefined ? null : messageView(first), mentioned: mentioned.map(messageView) };
}

function readFirst(tx: Tx, channelId: ChannelId, readSeq: number): Promise<MessageRow[]> {
  return query(
    tx,
    `SELECT ${MESSAGE_COLUMNS} FROM messages m
      WHERE m.channel_id = $1 AND m.seq > $2 AND m.deleted_at IS NULL ORDER BY m.seq LIMIT 1`,
    [channelId, readSeq],
  );
}

/** By the two indexes that the counts go by, so that both always tell the same. */
function readMentions(tx: Tx, userId: UserId, channelId: ChannelId, readSeq: number): Promise<MessageRow[]> {
  return query(
    tx,
    `SELECT ${MESSAGE_COLUMNS} FROM messages m
      WHERE m.channel_id = $2 AND m.seq IN (
        SELECT mine.seq FROM mentions mine WHERE mine.user_id = $1 AND mine.channel_id = $2 AND mine.seq > $3
         UNION
        SELECT loud.seq FROM messages loud
         WHERE loud.channel_id = $2 AND loud.everyone IS NOT NULL AND loud.seq > $3 AND loud.sender_id <> $1)
      ORDER BY m.seq LIMIT ${MAX_MENTIONED}`,
    [userId, channelId, readSeq],
  );
}
