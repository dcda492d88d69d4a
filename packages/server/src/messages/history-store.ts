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

const FROM_RANGE = `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.channel_id = $1 AND m.seq BETWEEN $2 AND $3`;
const RANGE = prepared('message_range', `${FROM_RANGE} ORDER BY m.seq`);
const RANGE_IF_GRANTED = prepared(
  'message_range_if_granted',
  `${FROM_RANGE}
      AND EXISTS (SELECT FROM channels root, users reader
                   WHERE root.id = $4 AND root.access_rev = $5 AND reader.id = $6 AND reader.deactivated_at IS NULL)
    ORDER BY m.seq`,
);

/** Reads a range of messages by rising seq: one walk along the primary key. */
export async function readRange(
  on: Queryable,
  grant: Grant<'message.history'>,
  range: PageRange,
): Promise<MessageRow[]> {
  return await query(on, RANGE, [grant.channel.id, range.from, range.to]);
}

/**
 * As `readRange`, outside of the transaction that the grant was read in; null where access has changed since, or may have: whoever was
 * removed meanwhile is given nothing that was committed after. Call it with a range that has messages.
 */
export async function readRangeIfGranted(
  on: Queryable,
  { channel, root, userId }: Grant<'message.history'>,
  range: PageRange,
): Promise<MessageRow[] | null> {
  const parameters = [channel.id, range.from, range.to, root.id, root.accessRev, userId];
  const rows = await query<MessageRow>(on, RANGE_IF_GRANTED, parameters);
  return rows.length === 0 ? null : rows;
}
