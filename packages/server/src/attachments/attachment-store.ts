import type { AttachmentView, ChannelId, MessageId, UserId } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** A file with what its access depends on. */
export interface AttachmentRow {
  readonly id: string;
  readonly ownerId: UserId;
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
  /** The channel of the message that carries it, once that is committed and while it is not deleted. */
  readonly channelId: ChannelId | null;
}

const COLUMNS = 'id, owner_id AS "ownerId", storage_key AS key, name, type, size, width, height';

/** Adds a file unless its owner's files would then take more than `quotaBytes`; false when they would. */
export async function insertAttachment(
  tx: Tx,
  row: Omit<AttachmentRow, 'channelId'>,
  now: Date,
  quotaBytes: number,
): Promise<boolean> {
  // Uploads of one user that end together are counted one after the other.
  await query(tx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 7311202002))`, [row.ownerId]);
  const rows = await query(
    tx,
    `INSERT INTO attachments (id, owner_id, storage_key, name, type, size, width, height, created_at)
     SELECT $1::uuid, $2::uuid, $3, $4, $5, $6::bigint, $7::int, $8::int, $9::timestamptz
      WHERE (SELECT coalesce(sum(size), 0) FROM attachments WHERE owner_id = $2 AND gone_at IS NULL) + $6 <= $10::bigint
     RETURNING id`,
    [row.id, row.ownerId, row.key, row.name, row.type, row.size, row.width, row.height, now, quotaBytes],
  );
  return rows.length === 1;
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
): Promise<Omit<AttachmentRow, 'channelId'>[]> {
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

/** Files whose bytes can be removed. */
export function readGone(on: Queryable, limit: number): Promise<{ readonly id: string; readonly key: string }[]> {
  return query(
    on,
    'SELECT id, storage_key AS key FROM attachments WHERE gone_at IS NOT NULL ORDER BY gone_at LIMIT $1',
    [limit],
  );
}

/** Forgets files whose bytes are removed. */
export async function forgetAttachments(on: Queryable, ids: readonly string[]): Promise<void> {
  await query(on, 'DELETE FROM attachments WHERE id = ANY($1::uuid[])', [ids]);
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
export function attachmentView(row: Omit<AttachmentRow, 'channelId'>): AttachmentView {
  const { id, name, type, size, width, height } = row;
  return { id, name, type, size, ...(width === null || height === null ? {} : { width, height }) };
}
