import type { Action, ChannelId, JoinedChannel, MembershipView, Role, UserId } from '@parley/protocol';
import { present } from '../lib/assert.ts';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';
import {
  CHANNEL_COLUMNS,
  type ChannelRow,
  joinedChannel,
  MEMBERSHIP_COLUMNS,
  type MembershipRow,
  membershipView,
} from './channel-rows.ts';

export interface NewChannel {
  readonly id: ChannelId;
  readonly kind: 'public' | 'private';
  readonly name: string;
  readonly topic: string;
  readonly maxMembers: number | null;
  readonly permissions: Partial<Record<Role, readonly Action[]>>;
  readonly createdBy: UserId;
  readonly memberCount: number;
}

/** Inserts a channel; that it exists is its rev 1. */
export async function insertChannel(tx: Tx, channel: NewChannel): Promise<void> {
  await query(
    tx,
    `INSERT INTO channels (id, kind, name, topic, root_id, last_rev, access_rev, member_count, max_members, permissions, created_by)
     VALUES ($1, $2, $3, $4, $1, 1, 1, $5, $6, $7, $8)`,
    [
      channel.id,
      channel.kind,
      channel.name,
      channel.topic,
      channel.memberCount,
      channel.maxMembers,
      JSON.stringify(channel.permissions),
      channel.createdBy,
    ],
  );
}

export interface NewDirect {
  readonly id: ChannelId;
  readonly directKey: string;
  readonly createdBy: UserId;
  readonly memberCount: number;
}

/** Inserts a direct conversation; false when one of the same people exists, or was committed while this waited. */
export async function insertDirect(tx: Tx, direct: NewDirect): Promise<boolean> {
  const rows = await query(
    tx,
    `INSERT INTO channels (id, kind, root_id, direct_key, last_rev, access_rev, member_count, created_by)
     VALUES ($1, 'direct', $1, $2, 1, 1, $3, $4)
     ON CONFLICT (direct_key) WHERE direct_key IS NOT NULL DO NOTHING RETURNING id`,
    [direct.id, direct.directKey, direct.memberCount, direct.createdBy],
  );
  return rows.length === 1;
}

/** Finds the direct conversation of a set of people. */
export async function findDirect(on: Queryable, directKey: string): Promise<ChannelId | null> {
  const rows = await query<{ id: ChannelId }>(on, 'SELECT id FROM channels WHERE direct_key = $1', [directKey]);
  return rows[0]?.id ?? null;
}

/** Inserts the thread of a message of `rootId`. */
export async function insertThread(
  tx: Tx,
  thread: {
    readonly id: ChannelId;
    readonly rootId: ChannelId;
    readonly rootSeq: number;
    readonly createdBy: UserId;
  },
): Promise<void> {
  await query(tx, `INSERT INTO channels (id, kind, root_id, root_seq, created_by) VALUES ($1, 'thread', $2, $3, $4)`, [
    thread.id,
    thread.rootId,
    thread.rootSeq,
    thread.createdBy,
  ]);
}

/** Reads a channel that is known to exist. */
export async function readChannel(on: Queryable, channelId: ChannelId): Promise<ChannelRow> {
  const rows = await query<ChannelRow>(on, `SELECT ${CHANNEL_COLUMNS} FROM channels c WHERE c.id = $1`, [channelId]);
  return present(rows[0], 'channel');
}

const JOINED = `
SELECT ${CHANNEL_COLUMNS}, ${MEMBERSHIP_COLUMNS}
  FROM channel_members m JOIN channels c ON c.id = m.channel_id
 WHERE m.user_id = $1 AND m.left_at IS NULL`;

/** Reads all that a user is in, threads that he follows included, with what is unread: one query for a whole sidebar. */
export async function readOwnChannels(on: Queryable, userId: UserId): Promise<JoinedChannel[]> {
  const rows = await query<ChannelRow & MembershipRow>(on, `${JOINED} ORDER BY m.channel_id`, [userId]);
  return rows.map(joinedChannel);
}

/** Reads a channel with the user's place in it; null when he is not in it. */
export async function readOwnChannel(
  on: Queryable,
  userId: UserId,
  channelId: ChannelId,
): Promise<JoinedChannel | null> {
  const rows = await query<ChannelRow & MembershipRow>(on, `${JOINED} AND m.channel_id = $2`, [userId, channelId]);
  return rows[0] === undefined ? null : joinedChannel(rows[0]);
}

/** Reads a user's place in a channel; null when he is not in it. */
export async function readMembership(
  on: Queryable,
  userId: UserId,
  channelId: ChannelId,
): Promise<MembershipView | null> {
  const rows = await query<MembershipRow>(
    on,
    `SELECT ${MEMBERSHIP_COLUMNS} FROM channel_members m JOIN channels c ON c.id = m.channel_id
      WHERE m.user_id = $1 AND m.left_at IS NULL AND m.channel_id = $2`,
    [userId, channelId],
  );
  return rows[0] === undefined ? null : membershipView(rows[0]);
}

/** A page of open public channels by name, from those after `after` whose name starts with `prefix`. */
export async function browseChannels(
  on: Queryable,
  page: {
    readonly prefix: string;
    readonly after: { readonly name: string; readonly id: string } | null;
    readonly limit: number;
  },
): Promise<(ChannelRow & { readonly sortName: string })[]> {
  return await query(
    on,
    `SELECT ${CHANNEL_COLUMNS}, lower(c.name) AS "sortName" FROM channels c
      WHERE c.kind = 'public' AND c.archived_at IS NULL AND starts_with(lower(c.name), lower($1))
        AND ($2::text IS NULL OR (lower(c.name) COLLATE "C", c.id) > ($2::text, $3::uuid))
      ORDER BY lower(c.name) COLLATE "C", c.id LIMIT $4`,
    [page.prefix, page.after?.name ?? null, page.after?.id ?? null, page.limit],
  );
}

export interface ChannelPatch {
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
  readonly maxMembers?: number | null | undefined;
  readonly permissions?: Partial<Record<Role, readonly Action[]>> | undefined;
}

/** Writes what a patch names and leaves the rest. */
export async function updateChannel(tx: Tx, channelId: ChannelId, patch: ChannelPatch): Promise<void> {
  await query(
    tx,
    `UPDATE channels SET name = coalesce($2, name), topic = coalesce($3, topic),
            max_members = CASE WHEN $4 THEN $5::int ELSE max_members END, permissions = coalesce($6, permissions)
      WHERE id = $1`,
    [
      channelId,
      patch.name ?? null,
      patch.topic ?? null,
      patch.maxMembers !== undefined,
      patch.maxMembers ?? null,
      patch.permissions === undefined ? null : JSON.stringify(patch.permissions),
    ],
  );
}

/** Archives a channel or brings it back. */
export async function setArchived(tx: Tx, channelId: ChannelId, isArchived: boolean): Promise<void> {
  await query(tx, 'UPDATE channels SET archived_at = CASE WHEN $2 THEN clock_timestamp() END WHERE id = $1', [
    channelId,
    isArchived,
  ]);
}
