import type { ChannelId, MessageId } from '@parley/protocol';
import type { History } from '../messages/history.ts';
import type { MessageChanges } from '../messages/message-changes.ts';
import type { MessageTarget } from '../messages/message-target.ts';
import type { CommandContext, Handlers } from './handler.ts';

export interface MessageRooms {
  readonly history: History;
  readonly messageChanges: MessageChanges;
}

type MessageHandlers = Pick<
  Handlers,
  | 'message.history'
  | 'message.get'
  | 'message.edit'
  | 'message.delete'
  | 'message.react'
  | 'message.pin'
  | 'message.edits'
  | 'message.pins'
  | 'message.unread'
>;

/** The commands on messages that exist; `message.send` has a road of its own. */
export function messageHandlers({ history, messageChanges }: MessageRooms): MessageHandlers {
  return {
    'message.history': (input, { actor }) => history.page(actor.userId, input),
    'message.get': async (input, context) => ({ message: await history.get(targetOf(input, context)) }),
    'message.edit': async (input, context) => ({
      message: await messageChanges.edit(targetOf(input, context), input.body),
    }),
    'message.delete': async (input, context) => ({ message: await messageChanges.delete(targetOf(input, context)) }),
    'message.react': async (input, context) => ({
      message: await messageChanges.react(targetOf(input, context), input.emoji, input.on),
    }),
    'message.pin': async (input, context) => ({
      message: await messageChanges.pin(targetOf(input, context), input.on),
    }),
    'message.edits': async (input, context) => ({ edits: await history.edits(targetOf(input, context)) }),
    'message.unread': (input, { actor }) => history.unread(actor.userId, input),
    'message.pins': async (input, { actor }) => ({ messages: await history.pins(actor.userId, input) }),
  };
}

/** Names the message that an input means, and who asks. */
export function targetOf(
  input: { readonly channelId: ChannelId; readonly messageId: MessageId },
  { actor }: CommandContext,
): MessageTarget {
  const { userId, address } = actor;
  return { userId, channelId: input.channelId, messageId: input.messageId, address };
}
