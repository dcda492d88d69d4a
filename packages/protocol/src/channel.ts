import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { messageView } from './message.ts';
import { operation } from './operation.ts';
import { ACTIONS } from './roles.ts';
import { channelId, cursor, messageId, plainId, rev, seq, timeMs, userId } from './scalars.ts';
import { lineSchema } from './text.ts';
import { nothing, role, userView } from './user.ts';

/** `permissions: Map<role, actions[]>`: roles left out keep the default table. */
export const permissions = z
  .partialRecord(role, z.array(z.enum(ACTIONS)).max(ACTIONS.length))
  .meta({ id: 'Permissions' });

export const channelView = z
  .strictObject({
    id: channelId,
    kind: z.enum(['public', 'private', 'direct', 'thread']),
    name: z.string().nullable().meta({ description: 'Null for direct conversations and threads.' }),
    topic: z.string(),
    rootId: channelId.nullable().meta({ description: 'Only for threads: the channel it hangs on.' }),
    rootSeq: seq.nullable().meta({ description: 'Only for threads: the message it hangs on.' }),
    lastSeq: seq,
    rev: rev.meta({ description: 'The last change. A thread shows the rev of its root.' }),
    memberCount: z.int().min(0),
    maxMembers: z.int().min(1).nullable(),
    permissions,
    createdAt: timeMs,
    createdBy: userId.nullable(),
    archivedAt: timeMs.nullable(),
    memberIds: z.array(userId).optional().meta({ description: 'Only for direct conversations: who takes part.' }),
  })
  .meta({ id: 'Channel' });
export type ChannelView = z.infer<typeof channelView>;

export const memberView = z.strictObject({ userId, role, joinedAt: timeMs }).meta({ id: 'Member' });
export type MemberView = z.infer<typeof memberView>;

export const membershipView = z
  .strictObject({
    channelId,
    role,
    readSeq: seq,
    deliveredSeq: seq,
    mentions: z.int().min(0).meta({ description: 'Unread messages that mention the caller.' }),
    notify: z.enum(['all', 'mentions', 'none']),
    joinedSeq: seq.meta({ description: 'The last message before one joined.' }),
    rev: rev.optional().meta({
      description: 'The change of the root channel by which one joined, or got this role',
    }),
  })
  .meta({ id: 'Membership', description: 'The caller’s own place in a channel. Unread = lastSeq - readSeq.' });
export type MembershipView = z.infer<typeof membershipView>;

export const joinedChannel = z
  .strictObject({ channel: channelView, membership: membershipView })
  .meta({ id: 'JoinedChannel' });
export type JoinedChannel = z.infer<typeof joinedChannel>;

export const invitationView = z
  .strictObject({
    id: plainId,
    channelId: channelId.nullable(),
    role,
    createdBy: userId.nullable(),
    createdAt: timeMs,
    expiresAt: timeMs.nullable(),
    maxUses: z.int().nullable(),
    uses: z.int(),
  })
  .meta({ id: 'Invitation' });
export type InvitationView = z.infer<typeof invitationView>;

const name = lineSchema(LIMITS.nameCodePoints);
const topic = lineSchema(LIMITS.topicCodePoints, 0);
const maxMembers = z.int().min(1).max(1_000_000).nullable();
const limit = z.coerce.number().int().min(1).max(LIMITS.pageItems).default(50);

export const channelOperations = {
  'channel.create': operation('channel.create', {
    summary: 'Makes a channel; the caller becomes its owner.',
    rest: 'POST /channels',
    scope: 'manage',
    policy: 'channelCreation',
    input: z.strictObject({
      kind: z.enum(['public', 'private']),
      name,
      topic: topic.optional(),
      maxMembers: maxMembers.optional(),
      permissions: permissions.optional(),
      memberIds: z.array(userId).max(LIMITS.inviteUsers).optional(),
    }),
    output: joinedChannel,
  }),
  'channel.direct': operation('channel.direct', {
    summary: 'Opens the direct conversation of the caller and these users; the same people always get the same one.',
    rest: 'POST /directs',
    scope: 'write',
    policy: 'channelCreation',
    input: z.strictObject({
      userIds: z
        .array(userId)
        .min(1)
        .max(LIMITS.directMembers - 1),
    }),
    output: joinedChannel,
  }),
  'channel.list': operation('channel.list', {
    summary: 'The caller’s channels, with what is unread in each.',
    rest: 'GET /me/channels',
    scope: 'read',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ channels: z.array(joinedChannel) }),
  }),
  'channel.browse': operation('channel.browse', {
    summary: 'Public channels that anybody may join, by name.',
    rest: 'GET /channels',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ query: z.string().max(80).optional(), cursor: cursor.optional(), limit }),
    output: z.strictObject({ channels: z.array(channelView), nextCursor: z.string().nullable() }),
  }),
  'channel.get': operation('channel.get', {
    summary: 'One channel that the caller may see.',
    rest: 'GET /channels/:channelId',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId }),
    output: z.strictObject({ channel: channelView, membership: membershipView.nullable() }),
  }),
  'channel.update': operation('channel.update', {
    summary: 'Changes name, topic, member limit or permissions.',
    rest: 'PATCH /channels/:channelId',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({
      channelId,
      name: name.optional(),
      topic: topic.optional(),
      maxMembers: maxMembers.optional(),
      permissions: permissions.optional(),
    }),
    output: z.strictObject({ channel: channelView }),
  }),
  'channel.archive': operation('channel.archive', {
    summary: 'Archives a channel, or brings it back; an archived channel can be read and not changed.',
    rest: 'PUT /channels/:channelId/archive',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({ channelId, on: z.boolean() }),
    output: z.strictObject({ channel: channelView }),
  }),
  'channel.join': operation('channel.join', {
    summary: 'Joins a public channel.',
    rest: 'POST /channels/:channelId/join',
    scope: 'write',
    policy: 'join',
    input: z.strictObject({ channelId }),
    output: joinedChannel,
  }),
  'channel.leave': operation('channel.leave', {
    summary: 'Leaves a channel.',
    rest: 'POST /channels/:channelId/leave',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId }),
    output: nothing,
  }),
  'channel.notify': operation('channel.notify', {
    summary: 'Chooses what of a channel asks for the caller’s attention.',
    rest: 'PUT /channels/:channelId/notify',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, notify: z.enum(['all', 'mentions', 'none']) }),
    output: membershipView,
  }),
  'member.list': operation('member.list', {
    summary: 'Members of a channel by user name, with the users themselves.',
    rest: 'GET /channels/:channelId/members',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId, cursor: cursor.optional(), limit, query: z.string().max(80).optional() }),
    output: z.strictObject({
      members: z.array(memberView),
      users: z.array(userView),
      rev,
      memberCount: z.int(),
      nextCursor: z.string().nullable(),
    }),
  }),
  'member.invite': operation('member.invite', {
    summary: 'Adds users to a channel.',
    rest: 'POST /channels/:channelId/members',
    scope: 'manage',
    policy: 'join',
    input: z.strictObject({ channelId, userIds: z.array(userId).min(1).max(LIMITS.inviteUsers) }),
    output: z.strictObject({ members: z.array(memberView) }),
  }),
  'member.kick': operation('member.kick', {
    summary: 'Removes a member; nothing committed after it reaches them.',
    rest: 'DELETE /channels/:channelId/members/:userId',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({ channelId, userId }),
    output: nothing,
  }),
  'member.ban': operation('member.ban', {
    summary: 'Removes a user and keeps them out, or lets them in again.',
    rest: 'PUT /channels/:channelId/bans/:userId',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({ channelId, userId, on: z.boolean() }),
    output: nothing,
  }),
  'member.role': operation('member.role', {
    summary: 'Gives a member another role, at most as strong as one’s own.',
    rest: 'PATCH /channels/:channelId/members/:userId',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({ channelId, userId, role }),
    output: memberView,
  }),
  'invitation.create': operation('invitation.create', {
    summary: 'Makes an invitation to the server, or to one channel as well.',
    rest: 'POST /invitations',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({
      channelId: channelId.optional(),
      role: z.enum(['member', 'guest']).default('member'),
      maxUses: z.int().min(1).max(10_000).nullable().default(1),
      expiresInMs: z
        .int()
        .min(60_000)
        .max(365 * 86_400_000)
        .nullable()
        .default(7 * 86_400_000),
    }),
    output: z.strictObject({ invitation: invitationView, code: z.string() }),
  }),
  'invitation.list': operation('invitation.list', {
    summary: 'Invitations that the caller made; server admins see all.',
    rest: 'GET /invitations',
    scope: 'manage',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ invitations: z.array(invitationView) }),
  }),
  'invitation.revoke': operation('invitation.revoke', {
    summary: 'Ends an invitation.',
    rest: 'DELETE /invitations/:invitationId',
    scope: 'manage',
    policy: 'change',
    input: z.strictObject({ invitationId: plainId }),
    output: nothing,
  }),
  'invitation.accept': operation('invitation.accept', {
    summary: 'Joins the channel of an invitation.',
    rest: 'POST /invitations/accept',
    scope: 'write',
    policy: 'join',
    input: z.strictObject({ code: z.string().max(128) }),
    output: joinedChannel,
  }),
  'thread.open': operation('thread.open', {
    summary: 'Gives the thread of a message, making it if it is the first reply, and follows it.',
    rest: 'POST /channels/:channelId/messages/:messageId/thread',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, messageId }),
    output: z.strictObject({ channel: channelView, membership: membershipView, root: messageView }),
  }),
  'thread.follow': operation('thread.follow', {
    summary: 'Follows a thread, or stops.',
    rest: 'PUT /threads/:channelId/follow',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, on: z.boolean() }),
    output: nothing,
  }),
};
