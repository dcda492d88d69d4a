import { keyOf, type Row } from '../store.ts';
import type { View } from '../transaction.ts';

/** An array parameter. */
export function list<Item = string>(parameter: unknown): readonly Item[] {
  if (!Array.isArray(parameter)) throw new Error('the statement was given no array where it needs one');
  return parameter as Item[];
}

/** The text form of an array inside an array. */
export function innerList(text: unknown): string[] | null {
  return typeof text === 'string' ? text.slice(1, -1).split(',') : null;
}

export const num = (value: unknown): number => Number(value);

/** The member row of a user who is in a channel now. */
export function activeMember(view: View, channelId: unknown, userId: unknown): Row | undefined {
  const row = view.get('channel_members', keyOf(channelId, userId));
  return row?.left_at === null ? row : undefined;
}

export function activeUser(view: View, userId: unknown): Row | undefined {
  const row = view.get('users', String(userId));
  return row?.deactivated_at === null ? row : undefined;
}

/** `ChannelFacts` of a channel row. */
/** `USER_COLUMNS` of a user row. */
export function userColumns(row: Row): Row {
  const { id, username, display_name: displayName, kind, role } = row;
  return { id, username, displayName, kind, role, deactivated: row.deactivated_at != null };
}

export function factsOf(row: Row): Row {
  return {
    id: row.id,
    kind: row.kind,
    rootId: row.root_id,
    archived: row.archived_at !== null,
    permissions: row.permissions,
    accessRev: row.access_rev,
  };
}

/** `CHANNEL_COLUMNS` of a channel row. */
export function channelColumns(view: View, row: Row): Row {
  const isThread = row.kind === 'thread';
  const members = () =>
    view.scan('channel_members', keyOf('channel', row.id)).filter((member) => member.left_at === null);
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    topic: row.topic,
    rootId: row.root_id,
    rootSeq: row.root_seq,
    lastSeq: row.last_seq,
    rev: isThread ? view.get('channels', String(row.root_id))?.last_rev : row.last_rev,
    memberCount: isThread ? members().length : row.member_count,
    maxMembers: row.max_members,
    permissions: row.permissions,
    createdAt: row.created_at,
    createdBy: row.created_by,
    archivedAt: row.archived_at,
    memberIds:
      row.kind === 'direct'
        ? members()
            .map((member) => String(member.user_id))
            .sort()
        : null,
  };
}

/** `MEMBERSHIP_COLUMNS` of a member row. */
export function membershipColumns(view: View, member: Row, channel: Row): Row {
  const readSeq = Math.min(num(member.read_seq), member.marked_seq === null ? Infinity : num(member.marked_seq));
  const above = view.get('channel_members', keyOf(channel.root_id, member.user_id));
  return {
    channelId: member.channel_id,
    role: channel.kind === 'thread' ? above?.role : member.role,
    readSeq,
    deliveredSeq: member.delivered_seq,
    notify: member.notify,
    joinedSeq: member.joined_seq,
    joinedRev: member.rev,
    mentions: unreadMentions(view, member, channel, readSeq),
  };
}

function unreadMentions(view: View, member: Row, channel: Row, readSeq: number): number {
  if (num(channel.last_seq) <= readSeq) return 0;
  const own = view
    .scan('mentions', keyOf('user', member.channel_id, member.user_id))
    .filter((mention) => num(mention.seq) > readSeq);
  const loud = view.scan('messages', keyOf('channel', member.channel_id)).filter((message) => {
    const names = (message.mentions as string[] | null) ?? [];
    const isForHim = message.sender_id !== member.user_id && !names.includes(String(member.user_id));
    return message.everyone !== null && num(message.seq) > readSeq && isForHim;
  });
  return own.length + loud.length;
}

/** `MEMBER_COLUMNS` of a member row. */
export function memberColumns(member: Row): Row {
  return { userId: member.user_id, role: member.role, joinedAt: member.joined_at };
}

/** `MESSAGE_COLUMNS` of a message row. */
export function messageColumns(view: View, row: Row): Row {
  return {
    channelId: row.channel_id,
    rootId: row.root_id,
    id: row.id,
    seq: row.seq,
    rev: row.rev,
    senderId: row.sender_id,
    kind: row.kind,
    body: row.body,
    createdAt: row.created_at,
    editedAt: row.edited_at,
    deletedAt: row.deleted_at,
    replyTo: row.reply_to,
    threadId: row.thread_id,
    pinnedAt: row.pinned_at,
    pinnedBy: row.pinned_by,
    mentions: row.mentions,
    everyone: row.everyone,
    attachments: null,
    reactions: reactionsOf(view, row),
  };
}

function reactionsOf(view: View, row: Row): readonly Row[] | null {
  const rows = view.scan('reactions', keyOf('message', row.channel_id, row.seq));
  if (rows.length === 0) return null;
  const kinds = new Map<string, Row[]>();
  for (const reaction of rows) {
    const emoji = String(reaction.emoji);
    kinds.set(emoji, [...(kinds.get(emoji) ?? []), reaction]);
  }
  const age = (one: Row) => num(one.created_at);
  return [...kinds]
    .map(([emoji, all]) => {
      const sorted = all.sort((a, b) => age(a) - age(b) || (String(a.user_id) < String(b.user_id) ? -1 : 1));
      const userIds = sorted.slice(0, 20).map((one) => one.user_id);
      return { since: Math.min(...all.map(age)), view: { emoji, count: all.length, userIds } };
    })
    .sort((a, b) => a.since - b.since || (a.view.emoji < b.view.emoji ? -1 : 1))
    .map((kind) => kind.view);
}

/** What a new row of a message looks like before anything has happened to it. */
export const NEW_MESSAGE = {
  kind: 'text',
  thread_id: null,
  edited_at: null,
  deleted_at: null,
  pinned_at: null,
  pinned_by: null,
} as const;
