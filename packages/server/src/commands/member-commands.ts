import type { ChannelReader } from '../channels/channel-reader.ts';
import type { Members } from '../channels/members.ts';
import type { Handlers } from './handler.ts';

export interface MemberRooms {
  readonly channelReader: ChannelReader;
  readonly members: Members;
}

type MemberHandlers = Pick<Handlers, 'member.list' | 'member.invite' | 'member.kick' | 'member.ban' | 'member.role'>;

/** The commands on the members of a channel. */
export function memberHandlers({ channelReader, members }: MemberRooms): MemberHandlers {
  return {
    'member.list': (input, { actor }) => channelReader.members(actor.userId, input),
    'member.invite': async (input, { actor }) => ({
      members: await members.invite(actor.userId, input.channelId, input.userIds, actor.address),
    }),
    'member.kick': async ({ channelId, userId: targetId }, { actor }) => {
      await members.kick({ userId: actor.userId, channelId, targetId, address: actor.address });
      return {};
    },
    'member.ban': async ({ channelId, userId: targetId, on }, { actor }) => {
      await members.ban({ userId: actor.userId, channelId, targetId, address: actor.address }, on);
      return {};
    },
    'member.role': ({ channelId, userId: targetId, role }, { actor }) =>
      members.setRole({ userId: actor.userId, channelId, targetId, address: actor.address }, role),
  };
}
