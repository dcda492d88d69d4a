import { statement } from '../statement.ts';
import { keyOf, type Row } from '../store.ts';
import type { View } from '../transaction.ts';
import {
  activeMember,
  activeUser,
  channelColumns,
  factsOf,
  list,
  memberColumns,
  membershipColumns,
  messageColumns,
  num,
  userColumns,
} from './rows.ts';

/** A user's memberships with their channels. */
function ownChannels(view: View, userId: unknown): { member: Row; channel: Row }[] {
  return view.scan('channel_members', keyOf('user', userId)).flatMap((member) => {
    const channel = view.get('channels', String(member.channel_id));
    return member.left_at !== null || channel === undefined ? [] : [{ member, channel }];
  });
}

/** Channels and followed threads; a thread counts only with its root. */
function ownPlaces(view: View, userId: unknown): { member: Row; channel: Row }[] {
  return ownChannels(view, userId).filter(
    ({ channel }) => channel.kind !== 'thread' || activeMember(view, channel.root_id, userId) !== undefined,
  );
}

function membershipOf(view: View, { member, channel }: { member: Row; channel: Row }): Row {
  return membershipColumns(view, member, channel);
}

function places(view: View, userId: unknown): Row[] {
  return ownPlaces(view, userId).map((own) => ({
    ...channelColumns(view, own.channel),
    ...membershipOf(view, own),
    facts: factsOf(own.channel),
  }));
}

/** The columns of a channel as JSON has them: times are texts. */
function jsonColumns(view: View, row: Row): Row {
  const columns = channelColumns(view, row);
  const text = (ms: unknown) => (ms === null ? null : new Date(num(ms)).toISOString());
  return {
    ...columns,
    createdAt: text(columns.createdAt),
    archivedAt: text(columns.archivedAt),
    facts: factsOf(row),
  };
}

/** Messages by rising seq. */
function messageRange(view: View, channel: unknown, from: unknown, to: unknown): Row[] {
  return view
    .scan('messages', keyOf('channel', channel))
    .filter((row) => num(row.seq) >= num(from) && num(row.seq) <= num(to))
    .sort((a, b) => num(a.seq) - num(b.seq))
    .map((row) => messageColumns(view, row));
}

const isAmong = (ids: unknown, id: string): boolean => ids === null || list(ids).includes(id);

/** What an access decision needs; none where there is no such channel, or the user is not active. */
function accesses(view: View, userId: unknown, channelId: unknown): { access: Row; channel: Row; root: Row }[] {
  const channel = view.get('channels', String(channelId));
  const root = view.get('channels', String(channel?.root_id));
  const user = activeUser(view, userId);
  if (channel === undefined || root === undefined || user === undefined) return [];
  const role = activeMember(view, root.id, userId)?.role ?? null;
  const isBanned = view.get('channel_bans', keyOf(root.id, userId)) !== undefined;
  const access = { channel: factsOf(channel), root: factsOf(root), role, serverRole: user.role, isBanned };
  return [{ access, channel, root }];
}

/** The statements that only read: for resuming, for access, for pages. */
export const READING_STATEMENTS = [
  statement(/^WITH own AS MATERIALIZED \( SELECT m\.user_id AS "userId", .* AS channels$/, (view, [userIds]) => {
    const all = list(userIds).flatMap((userId) => ownPlaces(view, userId).map((place) => ({ userId, place })));
    const channels = new Map(all.map(({ place }) => [place.channel.id, place.channel]));
    const own = all.map(({ userId, place }) => {
      const { channelId, role, notify, readSeq, deliveredSeq, joinedSeq, joinedRev, mentions } = membershipOf(
        view,
        place,
      );
      return [userId, channelId, role, notify, readSeq, deliveredSeq, joinedSeq, joinedRev, mentions].join(' ');
    });
    const shown = [...channels.values()].map((row) => jsonColumns(view, row));
    return [{ own: own.length === 0 ? null : own.join(','), channels: shown.length === 0 ? null : shown }];
  }),

  statement(
    /^SELECT m\.user_id AS "userId", m\.channel_id AS "channelId", least\(m\.read_seq, .* AND m\.read_seq > m\.joined_seq AND /,
    (view, [userIds]) =>
      list(userIds).flatMap((userId) =>
        ownPlaces(view, userId)
          .filter(({ member }) => num(member.read_seq) > num(member.joined_seq))
          .map((own) => {
            const { channelId, readSeq, deliveredSeq, mentions } = membershipOf(view, own);
            return { userId, channelId, readSeq, deliveredSeq, mentions, reachedSeq: num(own.member.read_seq) };
          }),
      ),
  ),

  statement(/^SELECT c\.id, c\.kind, .* FROM channels c WHERE c\.id = ANY\(\$1::uuid\[\]\)$/, (view, [ids]) =>
    list(ids).flatMap((id) => {
      const row = view.get('channels', id);
      return row === undefined ? [] : [channelColumns(view, row)];
    }),
  ),

  statement(
    /^SELECT c\.id, c\.kind, .* AS facts FROM channel_members m .* AND c\.id = (\$2|ANY\(\$2::uuid\[\]\))$/,
    (view, [userId, channelId]) => places(view, userId).filter((row) => [channelId].flat().includes(row.id)),
  ),

  statement(
    /^SELECT c\.id, c\.kind, .* AS mentions FROM channel_members m JOIN channels c ON c\.id = m\.channel_id WHERE m\.user_id = \$1 AND m\.left_at IS NULL( ORDER BY m\.channel_id| AND m\.channel_id = \$2)$/,
    (view, [userId, channelId]) =>
      ownChannels(view, userId)
        .filter(({ channel }) => channelId === undefined || channel.id === channelId)
        .sort((a, b) => (String(a.channel.id) < String(b.channel.id) ? -1 : 1))
        .map(({ member, channel }) => ({
          ...channelColumns(view, channel),
          ...membershipColumns(view, member, channel),
        })),
  ),

  statement(
    /^SELECT m\.channel_id AS "channelId", CASE WHEN .* AND m\.channel_id = \$2$/,
    (view, [userId, channelId]) =>
      ownChannels(view, userId)
        .filter(({ channel }) => channel.id === channelId)
        .map(({ member, channel }) => membershipColumns(view, member, channel)),
  ),

  statement(
    /^SELECT m\.channel_id AS "channelId", m\.root_id .* FROM unnest\(\$1::uuid\[\], \$2::bigint\[\]\) AS since/,
    (view, [ids, revs]) =>
      list(ids).flatMap((id, at) =>
        view
          .scan('messages', keyOf('root', id))
          .filter((row) => num(row.rev) > num(list<number>(revs)[at]))
          .sort((a, b) => num(a.rev) - num(b.rev))
          .map((row) => messageColumns(view, row)),
      ),
  ),

  statement(
    /^SELECT m\.channel_id AS "channelId", m\.user_id .* FROM unnest\(\$1::uuid\[\], \$2::bigint\[\]\) AS since/,
    (view, [ids, revs]) =>
      list(ids).flatMap((id, at) =>
        view
          .scan('channel_members', keyOf('channel', id))
          .filter((row) => num(row.rev) > num(list<number>(revs)[at]))
          .map((row) => ({ channelId: id, ...memberColumns(row), leftAt: row.left_at })),
      ),
  ),

  statement(
    /^SELECT m\.rev FROM channel_members m .* m\.user_id = \$2 AND m\.left_at IS NOT NULL$/,
    (view, [channelId, userId]) => {
      const row = view.get('channel_members', keyOf(channelId, userId));
      return row === undefined || row.left_at === null ? [] : [{ rev: row.rev }];
    },
  ),

  statement(/^SELECT c\.id, c\.kind, .* FROM channels c WHERE c\.id = \$1$/, (view, [id]) => {
    const row = view.get('channels', String(id));
    return row === undefined ? [] : [channelColumns(view, row)];
  }),

  statement(/^SELECT id, last_rev AS rev FROM channels WHERE id = ANY/, (view, [ids]) =>
    list(ids).flatMap((id) => {
      const row = view.get('channels', id);
      return row === undefined ? [] : [{ id, rev: row.last_rev }];
    }),
  ),

  statement(
    /^SELECT json_build_object\('id', c\.id, .* AS root, m\.role, .* AS "isBanned" FROM channels c/,
    (view, [userId, channelId]) => accesses(view, userId, channelId).map(({ access }) => access),
  ),

  statement(
    /^SELECT json_build_object\('id', c\.id, .* AS "isBanned", c\.last_seq AS "lastSeq", r\.last_rev AS rev FROM channels c/,
    (view, [userId, channelId]) =>
      accesses(view, userId, channelId).map(({ access, channel, root }) => ({
        ...access,
        lastSeq: channel.last_seq,
        rev: root.last_rev,
      })),
  ),

  statement(/^SELECT m\.user_id AS "userId", json_agg\(m\.channel_id\) AS "channelIds"/, (view, [users, among]) =>
    list(users).flatMap((userId) => {
      const roots = ownChannels(view, userId).filter(({ channel }) => channel.kind !== 'thread');
      const channelIds = roots.map(({ channel }) => String(channel.id)).filter((id) => isAmong(among, id));
      return channelIds.length === 0 ? [] : [{ userId, channelIds }];
    }),
  ),

  statement(/^SELECT m\.user_id AS "userId", m\.channel_id AS "channelId" FROM channel_members m/, (view, [users]) =>
    list(users).flatMap((userId) =>
      ownChannels(view, userId).flatMap(({ channel }) =>
        channel.kind === 'thread' ? [] : [{ userId, channelId: channel.id }],
      ),
    ),
  ),

  statement(/^SELECT seq FROM messages WHERE channel_id = \$1 AND id = \$2$/, (view, [channel, id]) =>
    view.scan('messages', keyOf('id', channel, id)).map((row) => ({ seq: row.seq })),
  ),

  statement(
    /^SELECT m\.channel_id AS "channelId", .* FROM messages m WHERE m\.channel_id = \$1 AND m\.seq BETWEEN \$2 AND \$3 ORDER BY/,
    (view, [channel, from, to]) => messageRange(view, channel, from, to),
  ),

  statement(
    /^SELECT m\.channel_id AS "channelId", .* m\.seq BETWEEN \$2 AND \$3 AND EXISTS \(SELECT FROM channels root, users reader/,
    (view, [channel, from, to, rootId, accessRev, userId]) => {
      const isGranted = num(view.get('channels', String(rootId))?.access_rev) === num(accessRev);
      return isGranted && activeUser(view, userId) !== undefined ? messageRange(view, channel, from, to) : [];
    },
  ),

  statement(
    /^SELECT m\.channel_id AS "channelId", .* FROM messages m WHERE m\.channel_id = \$1 AND m\.id = \$2$/,
    (view, [channel, id]) => view.scan('messages', keyOf('id', channel, id)).map((row) => messageColumns(view, row)),
  ),

  statement(
    /^SELECT u\.username AS name, u\.id AS "userId" FROM users u JOIN channel_members m/,
    (view, [rootId, names]) =>
      view.scan('channel_members', keyOf('channel', rootId)).flatMap((member) => {
        const user = activeUser(view, member.user_id);
        if (member.left_at !== null || user === undefined || !list(names).includes(String(user.username))) return [];
        return [{ name: user.username, userId: user.id }];
      }),
  ),
];

/** Presence: what the database knows of users' whereabouts. Nobody in the simulation sets a status of his own. */
export const PRESENCE_STATEMENTS = [
  statement(
    /^SELECT u\.id, u\.username, .* u\.last_seen_at AS "lastSeenAt", .* FROM users u LEFT JOIN user_statuses/,
    (view, [users]) =>
      list(users).flatMap((id) => {
        const row = view.get('users', id);
        const none = { availability: null, doNotDisturb: null, text: null, emoji: null, until: null };
        return row === undefined ? [] : [{ ...userColumns(row), lastSeenAt: row.last_seen_at ?? null, ...none }];
      }),
  ),

  statement(
    /^WITH held AS MATERIALIZED \( SELECT u\.id, n\.at .* UPDATE users u SET last_seen_at/,
    (view, [users, times]) => {
      const seen = list(users).map((id, at) => ({ id, at: num(list<number>(times)[at]) }));
      for (const { id, at } of seen.sort((a, b) => (a.id < b.id ? -1 : 1))) {
        const row = view.lock('users', id);
        if (row !== undefined && (row.last_seen_at == null || num(row.last_seen_at) < at))
          view.put('users', id, { ...row, last_seen_at: at });
      }
      return [];
    },
  ),
];

/** How the simulated nodes know their users: a token is the id of a user. */
export const SIGN_IN_STATEMENT = statement(
  /^SELECT id, username, display_name AS "displayName", kind, role FROM users/,
  (view, [id]) => {
    const user = activeUser(view, id);
    if (user === undefined) return [];
    return [{ id, username: user.username, displayName: user.display_name, kind: user.kind, role: user.role }];
  },
);
