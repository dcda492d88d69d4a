import type { AttachmentView, ChannelId, MessageId, UserId } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** A file as it is kept. */
export interface StoredAttachment {
  readonly id: string;
  readonly ownerId: UserId;
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly placeholder: string | null;
  readonly thumbKey: string | null;
  readonly thumbWidth: number | null;
  readonly thumbHeight: number | null;
  readonly durationMs: number | null;
  readonly waveform: readonly number[] | null;
}

/** A file with what its access depends on. */
export interface AttachmentRow extends StoredAttachment {
  /** The channel of the message that carries it, once that is committed and while it is not deleted. */
  readonly channelId: ChannelId | null;
}

const COLUMNS = `id, owner_id AS "ownerId", storage_key AS key, name, type, size, width, height, placeholder,
  thumb_key AS "thumbKey", thumb_width AS "thumbWidth", thumb_height AS "thumbHeight", duration_ms AS "durationMs", waveform`;

/** Whether a file was added: `taken` when its id was used before, `full` when its owner's files would take too much. */
export type Insertion = 'added' | 'taken' | 'full';

/** Adds a file unless its owner's files would then take more than `quotaBytes`. */
export async function insertAttachment(
  tx: Tx,
  row: StoredAttachment,
  now: Date,
  quotaBytes: number,
): Promise<Insertion> {
  // Uploads of one user that end together are counted one after the other.
  await query(tx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 7311202002))`, [row.ownerId]);
  const { id, ownerId, key, name, type, size, width, height, placeholder, durationMs, waveform } = row;
  const { thumbKey, thumbWidth, thumbHeight } = row;
  const values = [id, ownerId, key, name, type, size, width, height, placeholder, durationMs, waveform];
  const [counted] = await query<{ taken: boolean; added: boolean }>(
    tx,
    `WITH taken AS (SELECT FROM attachments WHERE id = $1), added AS (
       INSERT INTO attachments (id, owner_id, storage_key, name, type, size, width, height, placeholder, duration_ms,
                                waveform, thumb_key, thumb_width, thumb_height, created_at)
       SELECT $1::uuid, $2::uuid, $3, $4, $5, $6::bigint, $7::int, $8::int, $9, $10::int,
              $11::smallint[], $12, $13::int, $14::int, $15::timestamptz
        WHERE NOT EXISTS (SELECT FROM taken)
          AND (SELECT coalesce(sum(size), 0) FROM attachments WHERE owner_id = $2 AND gone_at IS NULL) + $6 <= $16::bigint
       ON CONFLICT (id) DO NOTHING
       RETURNING id)
     SELECT EXISTS (SELECT FROM taken) AS taken, EXISTS (SELECT FROM added) AS added`,
    [...values, thumbKey, thumbWidth, thumbHeight, now, quotaBytes],
  );
  if (counted?.added === true) return 'added';
  return counted?.taken === true ? 'taken' : 'full';
}

/** Reads a file that is not gone. */
export async function readAttachment(on: Queryable, id: string): Promise<AttachmentRow | null> {
  const rows = await query<AttachmentRow>(
    on,
    `SELECT ${COLUMNS}, (SELECT m.channel_id FROM messages m
                          WHERE m.channel_id = a.channel_id AND m.id = a.message_id AND m.deleted_at IS NULL) AS "channelId"
       FROM attachments a WHERE a.id = $1 AND a.gone_at IS NULL`,
    [id],
  );
  return rows[0] ?? null;
}

/** The message that a file is claimed for. */
export interface Claim {
  readonly userId: UserId;
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
}

/** Claims files of the sender's that no other message has; gives those that it got. A repeat of the same claim gets them again. */
export function claimAttachments(
  tx: Tx,
  { userId, channelId, messageId }: Claim,
  ids: readonly string[],
  now: Date,
): Promise<StoredAttachment[]> {
  return query(
    tx,
    `UPDATE attachments SET channel_id = $2, message_id = $3, claimed_at = $5
      WHERE id = ANY($4::uuid[]) AND owner_id = $1 AND gone_at IS NULL
        AND (message_id IS NULL OR (channel_id = $2 AND message_id = $3))
     RETURNING ${COLUMNS}`,
    [userId, channelId, messageId, ids, now],
  );
}

/** Marks files that no message came for; `before` is a day ago, and a claim of the last hour may still be on its way. */
export async function abandonOrphans(on: Queryable, before: Date, claimedBefore: Date): Promise<void> {
  await query(
    on,
    `UPDATE attachments a SET gone_at = clock_timestamp()
      WHERE a.gone_at IS NULL AND a.created_at < $1 AND (a.claimed_at IS NULL OR a.claimed_at < $2)
        AND NOT EXISTS (SELECT FROM messages m WHERE m.channel_id = a.channel_id AND m.id = a.message_id)`,
    [before, claimedBefore],
  );
}

/** Files whose bytes can be removed, with the keys of all that is stored of them. */
export function readGone(on: Queryable, limit: number): Promise<{ readonly id: string; readonly keys: string[] }[]> {
  return query(
    on,
    `SELECT id, array_remove(ARRAY[storage_key, thumb_key], NULL) AS keys
       FROM attachments WHERE gone_at IS NOT NULL ORDER BY gone_at LIMIT $1`,
    [limit],
  );
}

/** Forgets files whose bytes are removed. */
export async function forgetAttachments(on: Queryable, ids: readonly string[]): Promise<void> {
  await query(on, 'DELETE FROM attachments WHERE id = ANY($1::uuid[])', [ids]);
}

/** Those of the keys that no file has, gone ones counted. */
export async function unknownKeys(on: Queryable, keys: readonly string[]): Promise<string[]> {
  const rows = await query<{ key: string }>(
    on,
    `SELECT key FROM unnest($1::text[]) AS given(key)
      WHERE NOT EXISTS (SELECT FROM attachments WHERE storage_key = key)
        AND NOT EXISTS (SELECT FROM attachments WHERE thumb_key = key)`,
    [keys],
  );
  return rows.map(({ key }) => key);
}

/** Takes the turn to look through the whole store; false when some node has had it within the period. */
export async function claimSweep(on: Queryable, now: number, periodMs: number): Promise<boolean> {
  const rows = await query(
    on,
    `INSERT INTO server_state AS s (key, value) VALUES ('attachment_sweep', to_jsonb($1::bigint))
     ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE s.value::bigint <= $1::bigint - $2::bigint RETURNING key`,
    [now, periodMs],
  );
  return rows.length === 1;
}

/** The secret that addresses are signed with, the same on every node; made by the first that needs it. */
export async function readUrlSecret(on: Queryable, fresh: string): Promise<string> {
  await query(on, `INSERT INTO server_state (key, value) VALUES ('attachment_urls', $1) ON CONFLICT DO NOTHING`, [
    JSON.stringify(fresh),
  ]);
  const rows = await query<{ value: string }>(on, `SELECT value FROM server_state WHERE key = 'attachment_urls'`);
  return rows[0]?.value ?? fresh;
}

/** What others are told of a file. */
export function attachmentView(row: StoredAttachment): AttachmentView {
  const { id, name, type, size, width, height, placeholder, thumbWidth, thumbHeight, durationMs, waveform } = row;
  return {
    id,
    name,
    type,
    size,
    ...(width === null || height === null ? {} : { width, height }),
    ...(placeholder === null ? {} : { placeholder }),
    ...(thumbWidth === null || thumbHeight === null ? {} : { thumbnail: { width: thumbWidth, height: thumbHeight } }),
    ...(durationMs === null ? {} : { durationMs }),
    ...(waveform === null ? {} : { waveform: [...waveform] }),
  };
}
