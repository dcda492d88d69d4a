import type { ChannelId, MessageId } from '@parley/protocol';
import type { Grant } from '../channels/permissions.ts';
import { prepared, type Queryable, query } from '../storage/postgres.ts';
import { MESSAGE_COLUMNS, type MessageRow } from './message-rows.ts';
import type { PageRange } from './page.ts';

/** Finds the place of a message; null when the channel has none with this id. */
export async function findSeq(on: Queryable, channelId: ChannelId, id: MessageId): Promise<number | null> {
  const rows = await query<{ seq: number }>(on, 'SELECT seq FROM messages WHERE channel_id = $1 AND id = $2', [
    channelId,
    id,
  ]);
  return rows[0]?.seq ?? null;
}

const RANGE = prepared(
  'message_range',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m
    WHERE m.channel_id = $1 AND m.seq BETWEEN $2 AND $3 ORDER BY m.seq`,
);

/** Reads a range of messages by rising seq: one walk along the primary key. */
export async function readRange(
  on: Queryable,
  grant: Grant<'message.history'>,
  range: PageRange,
): Promise<MessageRow[]> {
  return await query(on, RANGE, [grant.channel.id, range.from, range.to]);
}
