import type {
  Action,
  ChannelId,
  ChannelView,
  JoinedChannel,
  MembershipView,
  MemberView,
  Role,
  UserId,
} from '@parley/protocol';

/** A channel as `CHANNEL_COLUMNS` reads it. */
export interface ChannelRow {
  readonly id: ChannelId;
  readonly kind: ChannelView['kind'];
  readonly name: string | null;
  readonly topic: string;
  readonly rootId: ChannelId;
  readonly rootSeq: number | null;
  readonly lastSeq: number;
  readonly rev: number;
  readonly memberCount: number;
  readonly maxMembers: number | null;
  readonly permissions: Partial<Record<Role, Action[]>>;
  readonly createdAt: number;
  readonly createdBy: UserId | null;
  readonly archivedAt: number | null;
  readonly memberIds: UserId[] | null;
}

/**
 * The columns of a `ChannelRow`, for a channel row named `c`. A thread's changes take the rev of its root, so that is the
 * rev it shows; who follows it is counted where it is asked, for a follower changes nothing that others must hear of.
 */
export const CHANNEL_COLUMNS = `
  c.id, c.kind, c.name, c.topic, c.root_id AS "rootId", c.root_seq AS "rootSeq", c.last_seq AS "lastSeq",
  CASE WHEN c.kind = 'thread' THEN (SELECT root.last_rev FROM channels root WHERE root.id = c.root_id)
       ELSE c.last_rev END AS rev,
  CASE WHEN c.kind = 'thread'
       THEN (SELECT count(*) FROM channel_members follower WHERE follower.channel_id = c.id AND follower.left_at IS NULL)
       ELSE c.member_count END AS "memberCount",
  c.max_members AS "maxMembers", c.permissions, c.created_at AS "createdAt", c.created_by AS "createdBy",
  c.archived_at AS "archivedAt",
  CASE WHEN c.kind = 'direct'
       THEN ARRAY(SELECT peer.user_id FROM channel_members peer
                   WHERE peer.channel_id = c.id AND peer.left_at IS NULL ORDER BY peer.user_id) END AS "memberIds"`;

/** What others are told of a channel. */
export function channelView(row: ChannelRow): ChannelView {
  const isThread = row.kind === 'thread';
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    topic: row.topic,
    rootId: isThread ? row.rootId : null,
    rootSeq: isThread ? row.rootSeq : null,
    lastSeq: row.lastSeq,
    rev: row.rev,
    memberCount: row.memberCount,
    maxMembers: row.maxMembers,
    permissions: row.permissions,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    archivedAt: row.archivedAt,
    ...(row.memberIds === null ? {} : { memberIds: row.memberIds }),
  };
}

/** A user's own place in a channel as `MEMBERSHIP_COLUMNS` reads it. */
export interface MembershipRow {
  readonly channelId: ChannelId;
  readonly role: Role;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly mentions: number;
  readonly notify: MembershipView['notify'];
  readonly joinedSeq: number;
  readonly joinedRev: number;
}

/** How far the user of member row `m` has read as he sees it himself: marking unread moves it back, for him alone. */
export const OWN_READ_SEQ = 'least(m.read_seq, m.marked_seq)';

/**
 * Unread messages that mention the user of member row `m` in channel row `c`. Those to everyone are counted where they
 * are, by an index that holds nothing else, so that such a message costs one row however many members there are.
 */
export const UNREAD_MENTIONS = `
  CASE WHEN c.last_seq <= ${OWN_READ_SEQ} THEN 0 ELSE
    (SELECT count(*) FROM mentions mine
      WHERE mine.user_id = m.user_id AND mine.channel_id = m.channel_id AND mine.seq > ${OWN_READ_SEQ})
    + (SELECT count(*) FROM messages loud
        WHERE loud.channel_id = m.channel_id AND loud.everyone IS NOT NULL AND loud.seq > ${OWN_READ_SEQ}
          AND loud.sender_id <> m.user_id AND NOT m.user_id = ANY(coalesce(loud.mentions, '{}')))
  END`;

/** The columns of a `MembershipRow`, for a member row `m` of a channel row `c`. In a thread the role is that of its root. */
export const MEMBERSHIP_COLUMNS = `
  m.channel_id AS "channelId",
  CASE WHEN c.kind = 'thread'
       THEN (SELECT above.role FROM channel_members above WHERE above.channel_id = c.root_id AND above.user_id = m.user_id)
       ELSE m.role END AS role,
  ${OWN_READ_SEQ} AS "readSeq", m.delivered_seq AS "deliveredSeq", m.notify, m.joined_seq AS "joinedSeq", m.rev AS "joinedRev",
  ${UNREAD_MENTIONS} AS mentions`;

/** What a user is told of his own place in a channel. */
export function membershipView(row: MembershipRow): MembershipView {
  return {
    channelId: row.channelId,
    role: row.role,
    readSeq: row.readSeq,
    deliveredSeq: row.deliveredSeq,
    mentions: row.mentions,
    notify: row.notify,
    joinedSeq: row.joinedSeq,
    rev: row.joinedRev,
  };
}

/** A channel together with the caller's place in it. */
export function joinedChannel(row: ChannelRow & MembershipRow): JoinedChannel {
  return { channel: channelView(row), membership: membershipView(row) };
}

/** A member as `MEMBER_COLUMNS` reads it. */
export interface MemberRow {
  readonly userId: UserId;
  readonly role: Role;
  readonly joinedAt: number;
}

/** The columns of a `MemberRow`, for a member row named `m`. */
export const MEMBER_COLUMNS = 'm.user_id AS "userId", m.role, m.joined_at AS "joinedAt"';

/** What others are told of a member. */
export function memberView(row: MemberRow): MemberView {
  return { userId: row.userId, role: row.role, joinedAt: row.joinedAt };
}
