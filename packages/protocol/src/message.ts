import { z } from 'zod';
import { attachmentView } from './attachment.ts';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { channelId, messageId, plainId, rev, seq, timeMs, userId } from './scalars.ts';
import { bodySchema, emojiSchema } from './text.ts';

const reactionView = z
  .strictObject({
    emoji: z.string(),
    count: z.int(),
    userIds: z.array(userId).meta({ description: 'The first few who reacted, oldest first.' }),
  })
  .meta({ id: 'Reaction' });

export const messageView = z
  .strictObject({
    channelId,
    rootId: channelId.optional().meta({ description: 'Only in threads: the channel the thread hangs on.' }),
    id: messageId,
    seq,
    rev,
    senderId: userId,
    kind: z.enum(['text', 'system']),
    body: z.string(),
    createdAt: timeMs,
    editedAt: timeMs.optional(),
    deletedAt: timeMs.optional().meta({ description: 'When set, the body is empty for everyone.' }),
    replyTo: seq.optional().meta({ description: 'The message of the same channel that this one quotes.' }),
    threadId: channelId.optional().meta({ description: 'The thread that hangs on this message.' }),
    pinnedAt: timeMs.optional(),
    pinnedBy: userId.optional(),
    mentions: z.array(userId).optional(),
    everyone: z.enum(['here', 'channel']).optional(),
    reactions: z.array(reactionView).optional(),
    attachments: z.array(attachmentView).optional(),
  })
  .meta({ id: 'Message', description: 'The current state of one message. A higher `rev` is the newer state.' });
export type MessageView = z.infer<typeof messageView>;

export const sent = z
  .strictObject({ channelId, id: messageId, seq, rev, createdAt: timeMs })
  .meta({ id: 'Sent', description: 'The message is committed, once, at this place.' });
export type Sent = z.infer<typeof sent>;

const changed = z.strictObject({ message: messageView }).meta({ id: 'MessageChanged' });

/** `PaginationParams` of the REST door. Inside, only `seq` is used: an offset is arithmetic on a channel without holes. */
const pagination = {
  limit: z.coerce.number().int().min(1).max(LIMITS.pageMessages).default(50),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Messages with a smaller seq, newest page first.' }),
  after: z.coerce.number().int().min(0).optional().meta({ description: 'Messages with a larger seq.' }),
  around: z.coerce.number().int().min(1).optional().meta({ description: 'Half a page on each side of this seq.' }),
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 40)
    .optional()
    .meta({ description: 'Messages to skip, counted from the newest.' }),
  lastMessageId: messageId.optional().meta({ description: 'Messages before the one with this id.' }),
};

export const historyPage = z
  .strictObject({
    messages: z.array(messageView).meta({ description: 'By rising seq.' }),
    lastSeq: seq,
    hasBefore: z.boolean(),
    hasAfter: z.boolean(),
  })
  .meta({ id: 'HistoryPage' });
export type HistoryPage = z.infer<typeof historyPage>;

export const messageOperations = {
  'message.send': operation('message.send', {
    summary:
      'Sends a message. The client makes the id and repeats with the same id until it has an answer; a repeat gives the first result.',
    rest: 'POST /channels/:channelId/messages',
    scope: 'write',
    policy: 'message',
    input: z.strictObject({
      channelId,
      id: messageId,
      body: bodySchema,
      replyTo: seq.optional(),
      attachments: z.array(plainId).min(1).max(LIMITS.attachmentsPerMessage).optional(),
    }),
    output: sent,
  }),
  'message.history': operation('message.history', {
    summary: 'One page of messages, by default the latest.',
    rest: 'GET /channels/:channelId/messages',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId, ...pagination }),
    output: historyPage,
  }),
  'message.get': operation('message.get', {
    summary: 'One message by its id.',
    rest: 'GET /channels/:channelId/messages/:messageId',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId, messageId }),
    output: changed,
  }),
  'message.edit': operation('message.edit', {
    summary: 'Replaces the text of one’s own message.',
    rest: 'PATCH /channels/:channelId/messages/:messageId',
    scope: 'write',
    policy: 'message',
    input: z.strictObject({ channelId, messageId, body: bodySchema }),
    output: changed,
  }),
  'message.delete': operation('message.delete', {
    summary: 'Deletes a message; its text is gone from every later answer.',
    rest: 'DELETE /channels/:channelId/messages/:messageId',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, messageId }),
    output: changed,
  }),
  'message.react': operation('message.react', {
    summary: 'Adds or removes one’s own reaction.',
    rest: 'PUT /channels/:channelId/messages/:messageId/reactions',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, messageId, emoji: emojiSchema, on: z.boolean() }),
    output: changed,
  }),
  'message.pin': operation('message.pin', {
    summary: 'Pins or unpins a message.',
    rest: 'PUT /channels/:channelId/messages/:messageId/pin',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, messageId, on: z.boolean() }),
    output: changed,
  }),
  'message.edits': operation('message.edits', {
    summary: 'Earlier texts of a message, newest first: for its author and for those who may delete any message.',
    rest: 'GET /channels/:channelId/messages/:messageId/edits',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId, messageId }),
    output: z.strictObject({ edits: z.array(z.strictObject({ body: z.string(), editedAt: timeMs })) }),
  }),
  'message.pins': operation('message.pins', {
    summary: 'The pinned messages of a channel, newest pin first.',
    rest: 'GET /channels/:channelId/pins',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId }),
    output: z.strictObject({ messages: z.array(messageView) }),
  }),
  'message.unread': operation('message.unread', {
    summary: 'Why a channel is unread for the caller: the message to begin with, and the unread ones that mention him.',
    rest: 'GET /channels/:channelId/unread',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId }),
    output: z.strictObject({
      readSeq: seq.meta({ description: 'How far the caller has read, as he sees it himself.' }),
      unread: z.int(),
      mentions: z.int(),
      first: messageView.nullable().meta({ description: 'The first unread message that is not deleted.' }),
      mentioned: z.array(messageView).meta({ description: 'By rising seq; at most the first 20.' }),
    }),
  }),
};
