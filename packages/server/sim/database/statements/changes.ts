import { statement } from '../statement.ts';
import { keyOf, type Row } from '../store.ts';
import type { View } from '../transaction.ts';
import { activeUser, list, memberColumns, messageColumns, num } from './rows.ts';

/** Rewrites the newest state of a message, and gives it as it then is. */
function rewrite(view: View, [channel, seq, rev]: readonly unknown[], patch: Row): Row[] {
  const row = view.lock('messages', keyOf(channel, seq));
  if (row === undefined) return [];
  const next = { ...row, rev, ...patch };
  view.put('messages', keyOf(channel, seq), next);
  return [messageColumns(view, next)];
}

function endMembership(view: View, channel: unknown, user: unknown, rev: unknown): Row[] {
  const row = view.lock('channel_members', keyOf(channel, user));
  if (row === undefined || row.left_at !== null) return [];
  view.put('channel_members', keyOf(channel, user), { ...row, left_at: view.nowMs, rev });
  return [{ user_id: user }];
}

function removeAll(view: View, table: 'message_edits' | 'reactions', channel: unknown, seq: unknown): void {
  for (const row of view.scan(table, keyOf('message', channel, seq))) view.put(table, String(row.key), null);
}

/** Changes of messages under their channel's lock. */
const MESSAGE_STATEMENTS = [
  statement(/^UPDATE messages m SET rev = \$3 WHERE/, (view, values) => rewrite(view, values, {})),

  statement(/^UPDATE messages m SET rev = \$3, body = \$4, /, (view, values) =>
    rewrite(view, values, {
      body: values[3],
      mentions: values[4] ?? null,
      everyone: values[5] ?? null,
      edited_at: view.nowMs,
    }),
  ),

  statement(/^INSERT INTO message_edits /, (view, [channel, seq, rev]) => {
    const row = view.get('messages', keyOf(channel, seq));
    if (row === undefined) return [];
    const key = keyOf(channel, seq, rev);
    view.insert('message_edits', key, { key, channel_id: channel, seq, rev, body: row.body, edited_at: view.nowMs });
    return [];
  }),

  statement(/^WITH texts AS \(DELETE FROM message_edits .* UPDATE messages m /, (view, values) => {
    const [channel, seq] = values;
    // The parts of one statement see the same moment: what is deleted beside the update is still told by it.
    const rows = rewrite(view, values, {
      body: '',
      mentions: null,
      everyone: null,
      attachments: null,
      edited_at: null,
      pinned_at: null,
      pinned_by: null,
      deleted_at: view.nowMs,
    });
    removeAll(view, 'message_edits', channel, seq);
    removeAll(view, 'reactions', channel, seq);
    return rows;
  }),

  statement(/^WITH gone AS \( DELETE FROM mentions /, (view, [channel, seq, before, after]) => {
    const keep = list(after);
    for (const userId of list(before))
      if (!keep.includes(userId)) view.put('mentions', keyOf(userId, channel, seq), null);
    for (const userId of keep)
      view.put('mentions', keyOf(userId, channel, seq), { user_id: userId, channel_id: channel, seq });
    return [];
  }),

  statement(/^INSERT INTO reactions /, (view, [channel, seq, emoji, user]) => {
    const key = keyOf(channel, seq, emoji, user);
    if (view.lock('reactions', key) !== undefined) return [];
    view.put('reactions', key, { key, channel_id: channel, seq, emoji, user_id: user, created_at: view.nowMs });
    return [{ seq }];
  }),

  statement(/^DELETE FROM reactions /, (view, [channel, seq, emoji, user]) => {
    const key = keyOf(channel, seq, emoji, user);
    if (view.lock('reactions', key) === undefined) return [];
    view.put('reactions', key, null);
    return [{ seq }];
  }),

  statement(/^SELECT count\(DISTINCT emoji\) AS kinds FROM reactions /, (view, [channel, seq]) => [
    { kinds: new Set(view.scan('reactions', keyOf('message', channel, seq)).map((row) => row.emoji)).size },
  ]),
];

/** Changes of members under their channel's lock. */
const MEMBER_STATEMENTS = [
  statement(
    /^SELECT m\.user_id AS "userId", .* FROM channel_members m WHERE m\.channel_id = \$1 AND m\.user_id = ANY/,
    (view, [channel, users]) =>
      [...list(users)].sort().flatMap((user) => {
        const row = view.get('channel_members', keyOf(channel, user));
        return row?.left_at === null ? [memberColumns(row)] : [];
      }),
  ),

  statement(/^SELECT id, role AS "serverRole" FROM users WHERE id = ANY/, (view, [users]) =>
    list(users).flatMap((id) => {
      const user = activeUser(view, id);
      return user === undefined ? [] : [{ id, serverRole: user.role }];
    }),
  ),

  statement(
    /^SELECT user_id AS id FROM channel_bans WHERE channel_id = \$1 AND user_id = ANY/,
    (view, [channel, users]) =>
      list(users).flatMap((id) => (view.get('channel_bans', keyOf(channel, id)) === undefined ? [] : [{ id }])),
  ),

  statement(/^INSERT INTO channel_members AS m /, (view, [channel, users, roles, lastSeq, rev]) =>
    list(users).map((user, at) => {
      const before = view.lock('channel_members', keyOf(channel, user));
      const row = {
        ...before,
        channel_id: channel,
        user_id: user,
        role: list(roles)[at],
        joined_seq: lastSeq,
        delivered_seq: lastSeq,
        read_seq: lastSeq,
        marked_seq: null,
        notify: 'all',
        rev,
        joined_at: view.nowMs,
        joined_access: view.get('channels', String(channel))?.access_rev ?? 0,
        left_at: null,
      };
      view.put('channel_members', keyOf(channel, user), row);
      return memberColumns(row);
    }),
  ),

  statement(
    /^UPDATE channel_members SET left_at = clock_timestamp\(\), rev = \$3 WHERE channel_id = \$1/,
    (view, [channel, user, rev]) => endMembership(view, channel, user, rev),
  ),

  statement(
    /^UPDATE channel_members m SET left_at = clock_timestamp\(\), rev = \$3 FROM channels c/,
    (view, [root, user, rev]) => {
      for (const thread of view.scan('channels', keyOf('root', root)))
        if (thread.root_seq !== null) endMembership(view, thread.id, user, rev);
      return [];
    },
  ),

  statement(
    /^SELECT count\(\*\) AS members, count\(\*\) FILTER \(WHERE m\.role = 'owner'\) AS owners/,
    (view, [channel, user]) => {
      const others = view
        .scan('channel_members', keyOf('channel', channel))
        .filter((row) => row.user_id !== user && row.left_at === null && activeUser(view, row.user_id) !== undefined);
      return [{ members: others.length, owners: others.filter((row) => row.role === 'owner').length }];
    },
  ),

  statement(/^UPDATE channel_members SET role = \$3, rev = \$4/, (view, [channel, user, role, rev]) => {
    const row = view.lock('channel_members', keyOf(channel, user));
    if (row !== undefined) view.put('channel_members', keyOf(channel, user), { ...row, role, rev: num(rev) });
    return [];
  }),
];

/** Who did what is written down, and nobody in the simulation reads it. */
const AUDIT_STATEMENT = statement(/^INSERT INTO audit_log /, () => []);

/** The statements that change what is there. */
export const CHANGE_STATEMENTS = [...MESSAGE_STATEMENTS, ...MEMBER_STATEMENTS, AUDIT_STATEMENT];
