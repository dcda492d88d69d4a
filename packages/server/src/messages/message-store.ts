import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import { present } from '../lib/assert.ts';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';
import { MESSAGE_COLUMNS, type MessageRow } from './message-rows.ts';

/** Reads a message by its id; null when the channel has none with it. */
export async function readMessage(on: Queryable, channelId: ChannelId, id: MessageId): Promise<MessageRow | null> {
  const rows = await query<MessageRow>(
    on,
    `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.channel_id = $1 AND m.id = $2`,
    [channelId, id],
  );
  return rows[0] ?? null;
}

/** Reads the pinned messages of a channel, newest pin first. */
export async function readPins(on: Queryable, channelId: ChannelId): Promise<MessageRow[]> {
  return await query(
    on,
    `SELECT ${MESSAGE_COLUMNS} FROM messages m
      WHERE m.channel_id = $1 AND m.pinned_at IS NOT NULL ORDER BY m.pinned_at DESC, m.seq DESC`,
    [channelId],
  );
}

/** Counts the pinned messages of a channel. */
export async function countPins(on: Queryable, channelId: ChannelId): Promise<number> {
  const rows = await query<{ pins: number }>(
    on,
    'SELECT count(*) AS pins FROM messages WHERE channel_id = $1 AND pinned_at IS NOT NULL',
    [channelId],
  );
  return rows[0]?.pins ?? 0;
}

/** Names one message, and the rev that a change of it takes. */
export interface Place {
  readonly channelId: ChannelId;
  readonly seq: number;
  readonly rev: number;
}

const AT_PLACE = `WHERE m.channel_id = $1 AND m.seq = $2 RETURNING ${MESSAGE_COLUMNS}`;

async function update(tx: Tx, text: string, place: Place, values: readonly unknown[] = []): Promise<MessageRow> {
  const rows = await query<MessageRow>(tx, text, [place.channelId, place.seq, place.rev, ...values]);
  return present(rows[0], 'message');
}

/** Gives a message another rev: what hangs on it has changed. */
export function touchMessage(tx: Tx, place: Place): Promise<MessageRow> {
  return update(tx, `UPDATE messages m SET rev = $3 ${AT_PLACE}`, place);
}

/** Hangs a thread on a message. */
export function setThread(tx: Tx, place: Place, threadId: ChannelId): Promise<MessageRow> {
  return update(tx, `UPDATE messages m SET rev = $3, thread_id = $4 ${AT_PLACE}`, place, [threadId]);
}

/** Pins a message. */
export function setPin(tx: Tx, place: Place, userId: UserId): Promise<MessageRow> {
  const text = `UPDATE messages m SET rev = $3, pinned_at = clock_timestamp(), pinned_by = $4 ${AT_PLACE}`;
  return update(tx, text, place, [userId]);
}

/** Takes a pin away. */
export function clearPin(tx: Tx, place: Place): Promise<MessageRow> {
  return update(tx, `UPDATE messages m SET rev = $3, pinned_at = NULL, pinned_by = NULL ${AT_PLACE}`, place);
}

/** Replaces the text of a message and keeps the one it had. */
export async function replaceBody(
  tx: Tx,
  place: Place,
  text: {
    readonly body: string;
    readonly mentions: readonly UserId[] | null;
    readonly everyone: 'here' | 'channel' | null;
  },
): Promise<MessageRow> {
  await query(
    tx,
    `INSERT INTO message_edits (channel_id, seq, rev, body, edited_at)
     SELECT channel_id, seq, $3, body, clock_timestamp() FROM messages WHERE channel_id = $1 AND seq = $2`,
    [place.channelId, place.seq, place.rev],
  );
  return await update(
    tx,
    `UPDATE messages m SET rev = $3, body = $4, mentions = $5::uuid[], everyone = $6, edited_at = clock_timestamp() ${AT_PLACE}`,
    place,
    [text.body, text.mentions, text.everyone],
  );
}

/** Empties a message for good: its text, the texts before it and all that hung on them. Its place stays. */
export async function emptyMessage(tx: Tx, place: Place): Promise<MessageRow> {
  return await update(
    tx,
    `WITH texts AS (DELETE FROM message_edits WHERE channel_id = $1 AND seq = $2),
          feelings AS (DELETE FROM reactions WHERE channel_id = $1 AND seq = $2),
          files AS (UPDATE attachments SET gone_at = clock_timestamp()
                     WHERE (channel_id, message_id) IN (SELECT channel_id, id FROM messages WHERE channel_id = $1 AND seq = $2)),
          words AS (DELETE FROM message_search WHERE channel_id = $1 AND seq = $2)
     UPDATE messages m SET rev = $3, body = '', mentions = NULL, everyone = NULL, attachments = NULL, edited_at = NULL,
            pinned_at = NULL, pinned_by = NULL, deleted_at = clock_timestamp() ${AT_PLACE}`,
    place,
  );
}

/** Makes the mention rows of a message those of `userIds`; `before` are the ones it has. */
export async function replaceMentions(
  tx: Tx,
  place: Place,
  before: readonly UserId[],
  userIds: readonly UserId[],
): Promise<void> {
  await query(
    tx,
    `WITH gone AS (
       DELETE FROM mentions WHERE channel_id = $1 AND seq = $2 AND user_id = ANY($3::uuid[]) AND NOT user_id = ANY($4::uuid[])
     )
     INSERT INTO mentions (user_id, channel_id, seq) SELECT unnest($4::uuid[]), $1, $2 ON CONFLICT DO NOTHING`,
    [place.channelId, place.seq, before, userIds],
  );
}

export interface EditRow {
  readonly body: string;
  readonly editedAt: number;
}

/** Reads the earlier texts of a message, newest first. */
export async function readEdits(
  on: Queryable,
  place: { readonly channelId: ChannelId; readonly seq: number },
  limit: number,
): Promise<EditRow[]> {
  return await query(
    on,
    `SELECT body, edited_at AS "editedAt" FROM message_edits
      WHERE channel_id = $1 AND seq = $2 ORDER BY rev DESC LIMIT $3`,
    [place.channelId, place.seq, limit],
  );
}
