import type { ChannelId, UserId } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';

/** Reads which of the names belong to active members of a root channel. */
export async function readMentioned(
  on: Queryable,
  rootId: ChannelId,
  names: readonly string[],
): Promise<Map<string, UserId>> {
  const rows = await query<{ name: string; userId: UserId }>(
    on,
    `SELECT u.username AS name, u.id AS "userId"
       FROM users u JOIN channel_members m ON m.channel_id = $1 AND m.user_id = u.id AND m.left_at IS NULL
      WHERE u.username = ANY($2::text[]) AND u.deactivated_at IS NULL`,
    [rootId, names],
  );
  return new Map(rows.map((row) => [row.name, row.userId]));
}
