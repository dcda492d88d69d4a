import type { ChannelId, UserId } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** One user's reaction to one message. */
export interface ReactionPlace {
  readonly channelId: ChannelId;
  readonly seq: number;
  readonly emoji: string;
  readonly userId: UserId;
}

const valuesOf = (place: ReactionPlace) => [place.channelId, place.seq, place.emoji, place.userId];

/** Adds a reaction; false when it is there already. */
export async function insertReaction(tx: Tx, place: ReactionPlace): Promise<boolean> {
  const rows = await query(
    tx,
    `INSERT INTO reactions (channel_id, seq, emoji, user_id, created_at) VALUES ($1, $2, $3, $4, clock_timestamp())
     ON CONFLICT DO NOTHING RETURNING seq`,
    valuesOf(place),
  );
  return rows.length === 1;
}

/** Takes a reaction away; false when there is none. */
export async function deleteReaction(tx: Tx, place: ReactionPlace): Promise<boolean> {
  const rows = await query(
    tx,
    'DELETE FROM reactions WHERE channel_id = $1 AND seq = $2 AND emoji = $3 AND user_id = $4 RETURNING seq',
    valuesOf(place),
  );
  return rows.length === 1;
}

/** Counts the different emoji on a message. */
export async function countKinds(on: Queryable, channelId: ChannelId, seq: number): Promise<number> {
  const rows = await query<{ kinds: number }>(
    on,
    'SELECT count(DISTINCT emoji) AS kinds FROM reactions WHERE channel_id = $1 AND seq = $2',
    [channelId, seq],
  );
  return rows[0]?.kinds ?? 0;
}
