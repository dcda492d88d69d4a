import type { ChannelId, MembershipView, MemberView, Role, UserId, UserView } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';
import { MEMBER_COLUMNS, type MemberRow, memberView } from './channel-rows.ts';

/** Somebody who may become a member. */
export interface Candidate {
  readonly id: UserId;
  readonly serverRole: Role;
}

/** Reads those of the users who exist and are not deactivated. */
export async function readCandidates(on: Queryable, userIds: readonly UserId[]): Promise<Candidate[]> {
  return await query(
    on,
    'SELECT id, role AS "serverRole" FROM users WHERE id = ANY($1::uuid[]) AND deactivated_at IS NULL',
    [userIds],
  );
}

/** What newcomers start with: their role, the channel's last message, and the rev at which they come. */
export interface Entry {
  readonly channelId: ChannelId;
  readonly members: readonly { readonly id: UserId; readonly role: Role }[];
  readonly lastSeq: number;
  readonly rev: number;
}

/**
 * Lets users in. Who was here before gets the old row back with a fresh place: nothing that was said while they were away
 * counts as unread. Call only with users who are not members now.
 */
export async function insertMembers(tx: Tx, entry: Entry): Promise<MemberView[]> {
  const rows = await query<MemberRow>(
    tx,
    `INSERT INTO channel_members AS m (channel_id, user_id, role, joined_seq, delivered_seq, read_seq, rev, joined_at, joined_access)
     SELECT c.id, n.id, n.role, $4, $4, $4, $5, clock_timestamp(), c.access_rev
       FROM channels c, unnest($2::uuid[], $3::text[]) AS n(id, role) WHERE c.id = $1
     ON CONFLICT (channel_id, user_id) DO UPDATE
        SET role = EXCLUDED.role, joined_seq = EXCLUDED.joined_seq, delivered_seq = EXCLUDED.delivered_seq,
            read_seq = EXCLUDED.read_seq, marked_seq = NULL, notify = 'all', rev = EXCLUDED.rev,
            joined_at = EXCLUDED.joined_at, joined_access = EXCLUDED.joined_access, left_at = NULL
     RETURNING ${MEMBER_COLUMNS}`,
    [
      entry.channelId,
      entry.members.map((member) => member.id),
      entry.members.map((member) => member.role),
      entry.lastSeq,
      entry.rev,
    ],
  );
  return rows.map(memberView);
}

/** Reads those of the users who are members now. */
export async function readMembers(
  on: Queryable,
  channelId: ChannelId,
  userIds: readonly UserId[],
): Promise<MemberView[]> {
  const rows = await query<MemberRow>(
    on,
    `SELECT ${MEMBER_COLUMNS} FROM channel_members m
      WHERE m.channel_id = $1 AND m.user_id = ANY($2::uuid[]) AND m.left_at IS NULL ORDER BY m.user_id`,
    [channelId, userIds],
  );
  return rows.map(memberView);
}

/** Ends a membership and leaves its row as a tombstone, so that the leave can be synchronised; false when there is none. */
export async function endMembership(tx: Tx, channelId: ChannelId, userId: UserId, rev: number): Promise<boolean> {
  const rows = await query(
    tx,
    `UPDATE channel_members SET left_at = clock_timestamp(), rev = $3
      WHERE channel_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING user_id`,
    [channelId, userId, rev],
  );
  return rows.length === 1;
}

/** Ends what a user follows in the threads of a channel. */
export async function endFollows(tx: Tx, rootId: ChannelId, userId: UserId, rev: number): Promise<void> {
  await query(
    tx,
    `UPDATE channel_members m SET left_at = clock_timestamp(), rev = $3
       FROM channels c
      WHERE c.root_id = $1 AND c.root_seq IS NOT NULL AND m.channel_id = c.id AND m.user_id = $2 AND m.left_at IS NULL`,
    [rootId, userId, rev],
  );
}

/** Counts the other members of a channel who can still sign in, and the owners among them. */
export async function countOthers(
  on: Queryable,
  channelId: ChannelId,
  userId: UserId,
): Promise<{ readonly members: number; readonly owners: number }> {
  const rows = await query<{ members: number; owners: number }>(
    on,
    `SELECT count(*) AS members, count(*) FILTER (WHERE m.role = 'owner') AS owners
       FROM channel_members m JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL
      WHERE m.channel_id = $1 AND m.user_id <> $2 AND m.left_at IS NULL`,
    [channelId, userId],
  );
  return rows[0] ?? { members: 0, owners: 0 };
}

/** Gives a member another role. */
export async function setRole(tx: Tx, channelId: ChannelId, userId: UserId, role: Role, rev: number): Promise<void> {
  await query(tx, 'UPDATE channel_members SET role = $3, rev = $4 WHERE channel_id = $1 AND user_id = $2', [
    channelId,
    userId,
    role,
    rev,
  ]);
}

/** Stores what a member wants to be told of; false when he is not a member. */
export async function setNotify(
  on: Queryable,
  channelId: ChannelId,
  userId: UserId,
  notify: MembershipView['notify'],
): Promise<boolean> {
  const rows = await query(
    on,
    `UPDATE channel_members SET notify = $3 WHERE channel_id = $1 AND user_id = $2 AND left_at IS NULL RETURNING user_id`,
    [channelId, userId, notify],
  );
  return rows.length === 1;
}

export interface MemberPageRow extends MemberRow {
  readonly username: string;
  readonly displayName: string;
  readonly kind: UserView['kind'];
  readonly serverRole: Role;
  readonly isDeactivated: boolean;
}

/** A page of a channel's members by user name, from those after `after` whose user name starts with `prefix`. */
export async function listMembers(
  on: Queryable,
  page: {
    readonly channelId: ChannelId;
    readonly prefix: string;
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<MemberPageRow[]> {
  return await query(
    on,
    `SELECT ${MEMBER_COLUMNS}, u.username, u.display_name AS "displayName", u.kind, u.role AS "serverRole",
            u.deactivated_at IS NOT NULL AS "isDeactivated"
       FROM channel_members m JOIN users u ON u.id = m.user_id
      WHERE m.channel_id = $1 AND m.left_at IS NULL AND starts_with(u.username, lower($2))
        AND ($3::text IS NULL OR u.username COLLATE "C" > $3)
      ORDER BY u.username COLLATE "C" LIMIT $4`,
    [page.channelId, page.prefix, page.after, page.limit],
  );
}

/** True when a user is together with each of the others in some channel. */
export async function shareChannels(on: Queryable, one: UserId, others: readonly UserId[]): Promise<boolean> {
  const rows = await query<{ missing: number }>(
    on,
    `SELECT count(*) AS missing FROM unnest($2::uuid[]) AS other(id)
      WHERE NOT EXISTS (
        SELECT 1 FROM channel_members a JOIN channel_members b ON b.channel_id = a.channel_id
         WHERE a.user_id = $1 AND a.left_at IS NULL AND b.user_id = other.id AND b.left_at IS NULL)`,
    [one, others],
  );
  return rows[0]?.missing === 0;
}
