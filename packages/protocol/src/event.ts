import { z } from 'zod';
import { channelView, joinedChannel, memberView } from './channel.ts';
import { receiptView } from './delivery.ts';
import { flagValue } from './flag.ts';
import { messageView } from './message.ts';
import { presenceData } from './presence.ts';
import { channelId, rev, seq, userId } from './scalars.ts';
import { changes } from './sync.ts';
import { userView } from './user.ts';

/** A message is new, or has a new state. `rev` is the channel's next change, always. */
export const messageEvent = z
  .strictObject({
    t: z.literal('message'),
    channel: channelId.meta({ description: 'The root channel, whose rev this is.' }),
    rev,
    change: z.enum(['new', 'edited', 'deleted', 'reacted', 'pinned', 'threaded']),
    message: messageView,
  })
  .meta({ id: 'MessageEvent' });
export type MessageEvent = z.infer<typeof messageEvent>;

export const channelEvent = z
  .strictObject({ t: z.literal('channel'), channel: channelId, rev, view: channelView })
  .meta({ id: 'ChannelEvent', description: 'The channel has a new name, topic, limit, permissions or archive state.' });
export type ChannelEvent = z.infer<typeof channelEvent>;

/** Joins, leaves and role changes of one commit. Who finds himself in `left` hears nothing more of the channel. */
export const membersEvent = z
  .strictObject({
    t: z.literal('members'),
    channel: channelId,
    rev,
    joined: z
      .array(memberView)
      .meta({ description: 'Who joined or changed role; empty in large channels, where only the count tells.' }),
    left: z.array(userId),
    memberCount: z.int().min(0),
  })
  .meta({ id: 'MembersEvent' });
export type MembersEvent = z.infer<typeof membersEvent>;

/** The events that take a rev, in one gapless order per root channel. */
export type RevEvent = MessageEvent | ChannelEvent | MembersEvent;

/** The caller is now in a channel (joined from another device, or added by somebody). */
export const joinedEvent = z
  .strictObject({ t: z.literal('joined'), joined: joinedChannel })
  .meta({ id: 'JoinedEvent' });
export type JoinedEvent = z.infer<typeof joinedEvent>;

/** The caller's own cursors moved on another device. */
export const cursorEvent = z
  .strictObject({
    t: z.literal('cursor'),
    channel: channelId,
    readSeq: seq,
    deliveredSeq: seq,
    mentions: z.int().min(0),
    reachedSeq: seq
      .optional()
      .describe('How far one has ever read, which only grows: an event with less than was told before is out of date.'),
  })
  .meta({ id: 'CursorEvent' });
export type CursorEvent = z.infer<typeof cursorEvent>;

export const receiptsEvent = z
  .strictObject({ t: z.literal('receipts'), channel: channelId, receipts: z.array(receiptView) })
  .meta({ id: 'ReceiptsEvent', description: 'Members got further; several in one event.' });
export type ReceiptsEvent = z.infer<typeof receiptsEvent>;

export const presenceEvent = z
  .strictObject({ t: z.literal('presence'), presence: z.array(presenceData) })
  .meta({ id: 'PresenceEvent' });
export type PresenceEvent = z.infer<typeof presenceEvent>;

export const typingEvent = z
  .strictObject({ t: z.literal('typing'), channel: channelId, userId, on: z.boolean() })
  .meta({ id: 'TypingEvent', description: 'Somebody types; believe it for 6 s.' });
export type TypingEvent = z.infer<typeof typingEvent>;

export const userEvent = z
  .strictObject({ t: z.literal('user'), user: userView })
  .meta({ id: 'UserEvent', description: 'A user’s name or role changed.' });
export type UserEvent = z.infer<typeof userEvent>;

export const flagsEvent = z
  .strictObject({ t: z.literal('flags'), flags: z.record(z.string(), flagValue) })
  .meta({ id: 'FlagsEvent', description: 'The caller’s feature flags, whole.' });
export type FlagsEvent = z.infer<typeof flagsEvent>;

/** All that changed after a rev, sent unasked when this node itself had missed events; applied like the answer of `sync.changes`. */
export const changesEvent = changes.extend({ t: z.literal('changes') }).meta({ id: 'ChangesEvent' });
export type ChangesEvent = z.infer<typeof changesEvent>;
