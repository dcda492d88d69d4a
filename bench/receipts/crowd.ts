import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import { query } from '../../packages/server/src/storage/postgres.ts';
import type { BenchDatabase } from '../send/database.ts';

/** A channel in which somebody who is no member has said something. */
export interface Crowd {
  channelId: ChannelId;
  userIds: UserId[];
  messageId: string;
}

const newIds = (count: number): UserId[] => Array.from({ length: count }, () => makeUuid() as UserId);

/** Adds users straight to the table. */
export async function addUsers({ db }: BenchDatabase, count: number): Promise<UserId[]> {
  const ids = newIds(count);
  await query(
    db,
    `INSERT INTO users (id, username, display_name) SELECT id, 'b-' || id, 'Bench' FROM unnest($1::uuid[]) AS n(id)`,
    [ids],
  );
  return ids;
}

/** Adds a channel with these members and this many messages that nobody has read. */
export async function addCrowd(database: BenchDatabase, userIds: UserId[], messages: number): Promise<Crowd> {
  const { db } = database;
  const channelId = makeUuid() as ChannelId;
  await query(
    db,
    `INSERT INTO channels (id, kind, name, root_id, last_seq, last_rev, member_count) VALUES ($1, 'private', 'crowd', $1, $2, $2, $3)`,
    [channelId, messages, userIds.length],
  );
  await query(
    db,
    `INSERT INTO channel_members (channel_id, user_id, role, rev) SELECT $1, id, 'member', 0 FROM unnest($2::uuid[]) AS n(id)`,
    [channelId, userIds],
  );
  const rows = await query<{ id: string }>(
    db,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
     SELECT $1, $1, n, n, gen_random_uuid(), gen_random_uuid(), 'hello' FROM generate_series(1, $2::int) n RETURNING id`,
    [channelId, messages],
  );
  return { channelId, userIds, messageId: rows.at(-1)?.id ?? '' };
}
