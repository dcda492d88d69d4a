import type { ChannelId, UserId } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** Reads which of the users are banned from a channel. */
export async function readBanned(
  on: Queryable,
  channelId: ChannelId,
  userIds: readonly UserId[],
): Promise<readonly UserId[]> {
  const rows = await query<{ id: UserId }>(
    on,
    'SELECT user_id AS id FROM channel_bans WHERE channel_id = $1 AND user_id = ANY($2::uuid[])',
    [channelId, userIds],
  );
  return rows.map((row) => row.id);
}

/** Bans a user from a channel; a second ban changes nothing. */
export async function insertBan(tx: Tx, channelId: ChannelId, userId: UserId, bannedBy: UserId): Promise<void> {
  await query(
    tx,
    'INSERT INTO channel_bans (channel_id, user_id, banned_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [channelId, userId, bannedBy],
  );
}

/** Lifts a ban. */
export async function deleteBan(tx: Tx, channelId: ChannelId, userId: UserId): Promise<void> {
  await query(tx, 'DELETE FROM channel_bans WHERE channel_id = $1 AND user_id = $2', [channelId, userId]);
}
