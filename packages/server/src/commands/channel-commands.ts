import type { ChannelChanges } from '../channels/channel-changes.ts';
import type { ChannelCreation } from '../channels/channel-creation.ts';
import type { ChannelReader } from '../channels/channel-reader.ts';
import type { Members } from '../channels/members.ts';
import type { CommandContext, Handlers } from './handler.ts';

export interface ChannelRooms {
  readonly channelCreation: ChannelCreation;
  readonly channelChanges: ChannelChanges;
  readonly channelReader: ChannelReader;
  readonly members: Members;
}

type ChannelHandlers = Pick<
  Handlers,
  | 'channel.create'
  | 'channel.direct'
  | 'channel.list'
  | 'channel.browse'
  | 'channel.get'
  | 'channel.update'
  | 'channel.archive'
  | 'channel.join'
  | 'channel.leave'
  | 'channel.notify'
>;

/** The commands on channels as a whole, and on the caller's own place in them. */
export function channelHandlers(rooms: ChannelRooms): ChannelHandlers {
  const { channelCreation, channelChanges, channelReader, members } = rooms;
  const me = (context: CommandContext) => context.actor.userId;
  return {
    'channel.create': (input, { actor }) => channelCreation.create(actor, input),
    'channel.direct': (input, { actor }) => channelCreation.direct(actor, input.userIds),
    'channel.list': async (_input, context) => ({ channels: await channelReader.list(me(context)) }),
    'channel.browse': (input, { actor }) => channelReader.browse(actor.serverRole, input),
    'channel.get': (input, context) => channelReader.get(me(context), input.channelId),
    'channel.update': async (input, { actor }) => ({
      channel: await channelChanges.update(actor.userId, input, actor.address),
    }),
    'channel.archive': async (input, { actor }) => ({
      channel: await channelChanges.archive(actor.userId, input.channelId, input.on, actor.address),
    }),
    'channel.join': (input, context) => members.join(me(context), input.channelId),
    'channel.leave': async (input, context) => {
      await members.leave(me(context), input.channelId);
      return {};
    },
    'channel.notify': (input, context) => channelReader.notify(me(context), input),
  };
}
