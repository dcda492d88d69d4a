import type { ChannelId, MessageView, UserId } from '@parley/protocol';
import {
  CHANNEL_COLUMNS,
  type ChannelRow,
  MEMBER_COLUMNS,
  MEMBERSHIP_COLUMNS,
  type MemberRow,
  type MembershipRow,
} from '../channels/channel-rows.ts';
import type { ChannelFacts } from '../fanout/committed.ts';
import { MESSAGE_COLUMNS, type MessageRow, messageView } from '../messages/message-rows.ts';
import { prepared, type Queryable, query } from '../storage/postgres.ts';

export type PlaceRow = ChannelRow & MembershipRow & { readonly facts: ChannelFacts };

const FACTS_JSON = `json_build_object('id', c.id, 'kind', c.kind, 'rootId', c.root_id, 'archived', c.archived_at IS NOT NULL,
                                      'permissions', c.permissions, 'accessRev', c.access_rev) AS facts`;

const PLACES = `
SELECT ${CHANNEL_COLUMNS}, ${MEMBERSHIP_COLUMNS}, ${FACTS_JSON}
  FROM channel_members m
  JOIN channels c ON c.id = m.channel_id
 WHERE m.user_id = $1 AND m.left_at IS NULL
   AND (c.kind <> 'thread' OR EXISTS (SELECT FROM channel_members above
         WHERE above.channel_id = c.root_id AND above.user_id = $1 AND above.left_at IS NULL))`;

/** Root channels of several users, so that their rooms can be joined before anything else is read. */
export function readMemberships(
  on: Queryable,
  userIds: readonly UserId[],
): Promise<{ userId: UserId; channelId: ChannelId }[]> {
  return query(
    on,
    `SELECT m.user_id AS "userId", m.channel_id AS "channelId"
       FROM channel_members m JOIN channels c ON c.id = m.channel_id
      WHERE m.user_id = ANY($1::uuid[]) AND m.left_at IS NULL AND c.kind <> 'thread'`,
    [userIds],
  );
}

const ROOT_IDS = prepared(
  'root_ids',
  `SELECT m.user_id AS "userId", json_agg(m.channel_id) AS "channelIds"
     FROM channel_members m JOIN channels c ON c.id = m.channel_id
    WHERE m.user_id = ANY($1::uuid[]) AND m.left_at IS NULL AND c.kind <> 'thread'
      AND ($2::uuid[] IS NULL OR m.channel_id = ANY($2)) GROUP BY m.user_id`,
);

/** The same by user, and of these channels alone where some are given. */
export function readRootIds(
  on: Queryable,
  userIds: readonly UserId[],
  among: readonly ChannelId[] | null = null,
): Promise<{ userId: UserId; channelIds: ChannelId[] }[]> {
  return query(on, ROOT_IDS, [userIds, among]);
}

/** A channel row with what decisions about access need. */
type FactsRow = ChannelRow & { readonly facts: ChannelFacts };

/** In JSON a time is a text. */
type JsonRow = Omit<FactsRow, 'createdAt' | 'archivedAt'> & {
  readonly createdAt: string;
  readonly archivedAt: string | null;
};

/** The columns of `own`, in their order, one word each; as text, because PostgreSQL writes it in a third of the time of JSON. */
const OWN_TEXT = `string_agg(concat_ws(' ', "userId", "channelId", role, notify, "readSeq", "deliveredSeq", "joinedSeq", "joinedRev", mentions), ',')`;

/** One statement, because what it tells must be of one moment. */
const PLACES_OF = prepared(
  'places_of',
  `WITH own AS MATERIALIZED (
     SELECT m.user_id AS "userId", ${MEMBERSHIP_COLUMNS}
       FROM channel_members m
       JOIN channels c ON c.id = m.channel_id
      WHERE m.user_id = ANY($1::uuid[]) AND m.left_at IS NULL
        AND (c.kind <> 'thread' OR EXISTS (SELECT FROM channel_members above
              WHERE above.channel_id = c.root_id AND above.user_id = m.user_id AND above.left_at IS NULL)))
   SELECT (SELECT ${OWN_TEXT} FROM own) AS own,
          (SELECT json_agg(shown) FROM (SELECT ${CHANNEL_COLUMNS}, ${FACTS_JSON} FROM channels c
             WHERE c.id IN (SELECT "channelId" FROM own)) shown) AS channels`,
);

/** All channels and followed threads of several users, each channel once: many users are in the same ones. */
export async function readPlacesOf(
  on: Queryable,
  userIds: readonly UserId[],
): Promise<{ own: OwnRow[]; channels: FactsRow[] }> {
  const [found] = await query<{ own: string | null; channels: JsonRow[] | null }>(on, PLACES_OF, [userIds]);
  return { own: found?.own?.split(',').map(ownRow) ?? [], channels: (found?.channels ?? []).map(factsRow) };
}

type OwnRow = MembershipRow & { readonly userId: UserId };

function ownRow(text: string): OwnRow {
  const [userId, channelId, role, notify, readSeq, deliveredSeq, joinedSeq, joinedRev, mentions] = text.split(' ');
  return {
    userId: userId as UserId,
    channelId: channelId as ChannelId,
    role: role as MembershipRow['role'],
    notify: notify as MembershipRow['notify'],
    readSeq: Number(readSeq),
    deliveredSeq: Number(deliveredSeq),
    joinedSeq: Number(joinedSeq),
    joinedRev: Number(joinedRev),
    mentions: Number(mentions),
  };
}

function factsRow(row: JsonRow): FactsRow {
  const { createdAt, archivedAt } = row;
  return { ...row, createdAt: Date.parse(createdAt), archivedAt: archivedAt === null ? null : Date.parse(archivedAt) };
}

const CHANNELS = prepared('channels', `SELECT ${CHANNEL_COLUMNS} FROM channels c WHERE c.id = ANY($1::uuid[])`);

export function readChannels(on: Queryable, channelIds: readonly ChannelId[]): Promise<ChannelRow[]> {
  return query(on, CHANNELS, [channelIds]);
}

/** Those of the channels that the user is in. */
export function readPlacesIn(on: Queryable, userId: UserId, channelIds: readonly ChannelId[]): Promise<PlaceRow[]> {
  return query<PlaceRow>(on, `${PLACES} AND c.id = ANY($2::uuid[])`, [userId, channelIds]);
}

export async function readPlace(on: Queryable, userId: UserId, channelId: ChannelId): Promise<PlaceRow | null> {
  const rows = await query<PlaceRow>(on, `${PLACES} AND c.id = $2`, [userId, channelId]);
  return rows[0] ?? null;
}

/** The rev at which a user went out of a root channel; null when he is in it, or never was. */
export async function readOutAt(on: Queryable, userId: UserId, channelId: ChannelId): Promise<number | null> {
  const rows = await query<{ rev: number }>(
    on,
    `SELECT m.rev FROM channel_members m JOIN channels c ON c.id = m.channel_id AND c.kind <> 'thread'
      WHERE m.channel_id = $1 AND m.user_id = $2 AND m.left_at IS NOT NULL`,
    [channelId, userId],
  );
  return rows[0]?.rev ?? null;
}

/** Where a client stands in a root channel. */
export interface Since {
  readonly channelId: ChannelId;
  readonly rev: number;
}

const MESSAGES_SINCE = prepared(
  'messages_since',
  `SELECT ${MESSAGE_COLUMNS}
     FROM unnest($1::uuid[], $2::bigint[]) AS since(id, rev)
    CROSS JOIN LATERAL (SELECT * FROM messages one WHERE one.root_id = since.id AND one.rev > since.rev ORDER BY one.rev) m`,
);
const MEMBERS_SINCE = prepared(
  'members_since',
  `SELECT m.channel_id AS "channelId", ${MEMBER_COLUMNS}, m.left_at AS "leftAt"
     FROM unnest($1::uuid[], $2::bigint[]) AS since(id, rev)
    CROSS JOIN LATERAL (SELECT * FROM channel_members one WHERE one.channel_id = since.id AND one.rev > since.rev) m`,
);

/** Messages of each root channel (threads included) that changed after the given rev, as they are now, by rising rev. */
export async function readMessagesSince(on: Queryable, points: readonly Since[]): Promise<MessageView[]> {
  const rows = await query<MessageRow>(on, MESSAGES_SINCE, [
    points.map((point) => point.channelId),
    points.map((point) => point.rev),
  ]);
  return rows.map(messageView);
}

/** A member row that changed; `leftAt` is set for those who have gone. */
export type ChangedMemberRow = MemberRow & { readonly channelId: ChannelId; readonly leftAt: number | null };

export function readMembersSince(on: Queryable, points: readonly Since[]): Promise<ChangedMemberRow[]> {
  return query<ChangedMemberRow>(on, MEMBERS_SINCE, [
    points.map((point) => point.channelId),
    points.map((point) => point.rev),
  ]);
}

export async function readChannel(on: Queryable, channelId: ChannelId): Promise<ChannelRow | null> {
  const rows = await query<ChannelRow>(on, `SELECT ${CHANNEL_COLUMNS} FROM channels c WHERE c.id = $1`, [channelId]);
  return rows[0] ?? null;
}

export function readTops(on: Queryable, channelIds: readonly ChannelId[]): Promise<{ id: ChannelId; rev: number }[]> {
  return query(on, 'SELECT id, last_rev AS rev FROM channels WHERE id = ANY($1::uuid[])', [channelIds]);
}
