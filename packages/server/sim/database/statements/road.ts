import { statement } from '../statement.ts';
import { keyOf, type Row } from '../store.ts';
import type { View } from '../transaction.ts';
import { activeMember, activeUser, innerList, list, NEW_MESSAGE, num } from './rows.ts';

/** What one entry of a batch brings, by the place of its parameter. */
interface Entry {
  readonly channel: string;
  readonly root: string;
  readonly seqPlace: number;
  readonly revPlace: number;
  readonly id: string;
  readonly sender: string;
  readonly body: string;
  readonly replyTo: number | null;
  readonly mentions: string[] | null;
  readonly everyone: string | null;
  readonly attachments: string[] | null;
}

function entriesOf(parameters: readonly unknown[]): Entry[] {
  const column = (index: number) => list<unknown>(parameters[index]);
  return column(4).map((channel, at) => ({
    channel: String(channel),
    root: String(column(5)[at]),
    seqPlace: num(column(6)[at]),
    revPlace: num(column(7)[at]),
    id: String(column(8)[at]),
    sender: String(column(9)[at]),
    body: String(column(10)[at]),
    replyTo: (column(11)[at] as number | null) ?? null,
    mentions: innerList(column(12)[at]),
    everyone: (column(13)[at] as string | null) ?? null,
    attachments: innerList(column(14)[at]),
  }));
}

/** Locks the channels in the order of their ids. */
function lockChannels(view: View, ids: readonly string[]): Map<string, Row> {
  const locked = new Map<string, Row>();
  for (const id of [...new Set(ids)].sort()) {
    const row = view.lock('channels', id);
    if (row !== undefined) locked.set(id, row);
  }
  return locked;
}

/** The one statement of a batch: locks, compares, counts up and inserts, or does nothing. */
function send(view: View, parameters: readonly unknown[]): Row[] {
  const ids = list(parameters[0]);
  const target = lockChannels(view, ids);
  const isAllowed = ids.every((id, at) => {
    const row = target.get(id);
    const access = list<number | null>(parameters[3])[at] ?? null;
    return row !== undefined && (access === null || (row.access_rev === access && row.archived_at === null));
  });
  if (!isAllowed) return [];
  const bases = new Map<string, Row>();
  ids.forEach((id, at) => {
    const row = target.get(id) ?? {};
    const [seqs, revs] = [num(list<number>(parameters[1])[at]), num(list<number>(parameters[2])[at])];
    view.put('channels', id, { ...row, last_seq: num(row.last_seq) + seqs, last_rev: num(row.last_rev) + revs });
    bases.set(id, { id, seq_base: row.last_seq, rev_base: row.last_rev, at: view.nowMs });
  });
  for (const entry of entriesOf(parameters)) insertMessage(view, entry, bases);
  return [...bases.values()];
}

/** The statement of a batch of one: the same with a list of one for each parameter. */
function sendOne(view: View, parameters: readonly unknown[]): Row[] {
  const [channel, access, id, sender, body, replyTo, everyone, attachments] = parameters;
  const channels = [channel, 1, 1, access].map((value) => [value]);
  const message = [channel, channel, 1, 1, id, sender, body, replyTo, null, everyone, attachments];
  return send(view, [...channels, ...message.map((value) => [value])]);
}

function insertMessage(view: View, entry: Entry, bases: ReadonlyMap<string, Row>): void {
  const [own, root] = [bases.get(entry.channel), bases.get(entry.root)];
  if (own === undefined || root === undefined) return;
  const seq = num(own.seq_base) + entry.seqPlace;
  view.insert('message_ids', keyOf(entry.channel, entry.id), { seq });
  view.insert('messages', keyOf(entry.channel, seq), {
    ...NEW_MESSAGE,
    channel_id: entry.channel,
    root_id: entry.root,
    seq,
    rev: num(root.rev_base) + entry.revPlace,
    id: entry.id,
    sender_id: entry.sender,
    body: entry.body,
    reply_to: entry.replyTo !== null && entry.replyTo >= 1 && entry.replyTo < seq ? entry.replyTo : null,
    mentions: entry.mentions,
    everyone: entry.everyone,
    attachments: entry.attachments,
    created_at: view.nowMs,
  });
  for (const userId of new Set(entry.mentions ?? []))
    view.put('mentions', keyOf(userId, entry.channel, seq), { user_id: userId, channel_id: entry.channel, seq });
}

const lockedFacts = (row: Row): Row => ({
  id: row.id,
  kind: row.kind,
  rootId: row.root_id,
  archived: row.archived_at !== null,
  permissions: row.permissions,
  accessRev: row.access_rev,
});

/** The statements between the queue and the commit. */
export const ROAD_STATEMENTS = [
  statement(/^WITH target AS MATERIALIZED .* INSERT INTO messages /, send),
  statement(/^WITH bump AS .* FROM bump$/, sendOne),

  statement(
    /^SELECT id, kind, root_id AS "rootId", .* WHERE id = ANY\(\$1::uuid\[\]\) ORDER BY id FOR NO KEY UPDATE$/,
    (view, [ids]) => [...lockChannels(view, list(ids)).values()].map(lockedFacts),
  ),

  statement(
    /^SELECT m\.channel_id, m\.id, m\.sender_id, m\.seq, m\.rev, .* FROM unnest\(\$1::uuid\[\], \$2::uuid\[\]\)/,
    (view, [channels, ids]) =>
      list(channels).flatMap((channel, at) =>
        view
          .scan('messages', keyOf('id', channel, list(ids)[at]))
          .map(({ channel_id, id, sender_id, seq, rev, created_at }) => ({
            channel_id,
            id,
            sender_id,
            seq,
            rev,
            created_at,
          })),
      ),
  ),

  statement(
    /^SELECT m\.channel_id, m\.user_id, m\.role, m\.joined_access, u\.role AS server_role FROM unnest/,
    (view, [channels, users]) =>
      list(channels).flatMap((channel, at) => {
        const member = activeMember(view, channel, list(users)[at]);
        const user = activeUser(view, list(users)[at]);
        if (member === undefined || user === undefined) return [];
        const { user_id, role, joined_access } = member;
        return [{ channel_id: channel, user_id, role, joined_access, server_role: user.role }];
      }),
  ),

  // The lock of a change: of a thread, that of its root.
  statement(/^SELECT r?\.?id, .* AS "maxMembers" FROM channels .* FOR NO KEY UPDATE$/, (view, [id]) => {
    const asked = view.get('channels', String(id));
    const row = asked === undefined ? undefined : view.lock('channels', String(asked.root_id));
    if (row === undefined) return [];
    const { name, topic, last_seq, last_rev, member_count, max_members } = row;
    return [
      {
        ...lockedFacts(row),
        name,
        topic,
        lastSeq: last_seq,
        lastRev: last_rev,
        memberCount: member_count,
        maxMembers: max_members,
      },
    ];
  }),

  statement(/^SELECT FROM channels WHERE id = \$1 FOR SHARE$/, (view, [id]) =>
    view.lock('channels', String(id)) === undefined ? [] : [{}],
  ),

  statement(
    /^UPDATE channels SET last_rev = \$2, access_rev = \$3, member_count = \$4 WHERE id = \$1$/,
    (view, values) => {
      const [id, lastRev, accessRev, memberCount] = values;
      const row = view.lock('channels', String(id));
      if (row === undefined) return [];
      view.put('channels', String(id), { ...row, last_rev: lastRev, access_rev: accessRev, member_count: memberCount });
      return [];
    },
  ),
];
