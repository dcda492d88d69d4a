import type { ChannelId, MessageId, MessageView, UserId } from '@parley/protocol';

/** Users named per reaction; the count tells the rest, so that a popular message stays a small frame. */
const REACTION_USERS = 20;

/** A message as `MESSAGE_COLUMNS` reads it. */
export interface MessageRow {
  readonly channelId: ChannelId;
  readonly rootId: ChannelId;
  readonly id: MessageId;
  readonly seq: number;
  readonly rev: number;
  readonly senderId: UserId;
  readonly kind: MessageView['kind'];
  readonly body: string;
  readonly createdAt: number;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  readonly replyTo: number | null;
  readonly threadId: ChannelId | null;
  readonly pinnedAt: number | null;
  readonly pinnedBy: UserId | null;
  readonly mentions: UserId[] | null;
  readonly everyone: 'here' | 'channel' | null;
  readonly attachments: NonNullable<MessageView['attachments']> | null;
  readonly reactions: NonNullable<MessageView['reactions']> | null;
}

/** The columns of a `MessageRow`, for a message row named `m`. Reactions come by the age of their first one. */
export const MESSAGE_COLUMNS = `
  m.channel_id AS "channelId", m.root_id AS "rootId", m.id, m.seq, m.rev, m.sender_id AS "senderId", m.kind, m.body,
  m.created_at AS "createdAt", m.edited_at AS "editedAt", m.deleted_at AS "deletedAt", m.reply_to AS "replyTo",
  m.thread_id AS "threadId", m.pinned_at AS "pinnedAt", m.pinned_by AS "pinnedBy", m.mentions, m.everyone,
  (SELECT json_agg(json_strip_nulls(json_build_object('id', a.id, 'name', a.name, 'type', a.type, 'size', a.size,
                                                      'width', a.width, 'height', a.height, 'placeholder', a.placeholder,
                                                      'thumbnail', CASE WHEN a.thumb_key IS NOT NULL THEN
                                                        json_build_object('width', a.thumb_width, 'height', a.thumb_height) END,
                                                      'durationMs', a.duration_ms, 'waveform', a.waveform))
                   ORDER BY array_position(m.attachments, a.id))
     FROM attachments a WHERE a.id = ANY (m.attachments)) AS attachments,
  (SELECT json_agg(json_build_object('emoji', kind.emoji, 'count', kind.count, 'userIds', kind.user_ids)
                   ORDER BY kind.since, kind.emoji)
     FROM (SELECT r.emoji, count(*) AS count, min(r.created_at) AS since,
                  (array_agg(r.user_id ORDER BY r.created_at, r.user_id))[1:${REACTION_USERS}] AS user_ids
             FROM reactions r WHERE r.channel_id = m.channel_id AND r.seq = m.seq GROUP BY r.emoji) kind) AS reactions`;

/** What others are told of a message: nothing but what is named here, and of a deleted one only that and where it was. */
export function messageView(row: MessageRow): MessageView {
  const view: MessageView = {
    channelId: row.channelId,
    id: row.id,
    seq: row.seq,
    rev: row.rev,
    senderId: row.senderId,
    kind: row.kind,
    body: row.deletedAt === null ? row.body : '',
    createdAt: row.createdAt,
  };
  if (row.rootId !== row.channelId) view.rootId = row.rootId;
  if (row.replyTo !== null) view.replyTo = row.replyTo;
  if (row.threadId !== null) view.threadId = row.threadId;
  if (row.deletedAt !== null) view.deletedAt = row.deletedAt;
  else addContent(view, row);
  return view;
}

function addContent(view: MessageView, row: MessageRow): void {
  if (row.editedAt !== null) view.editedAt = row.editedAt;
  if (row.pinnedAt !== null) view.pinnedAt = row.pinnedAt;
  if (row.pinnedBy !== null && row.pinnedAt !== null) view.pinnedBy = row.pinnedBy;
  if (row.mentions !== null) view.mentions = row.mentions;
  if (row.everyone !== null) view.everyone = row.everyone;
  if (row.attachments !== null) view.attachments = row.attachments;
  if (row.reactions !== null) view.reactions = row.reactions;
}
