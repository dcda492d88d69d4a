import type { PresenceData } from '@parley/protocol';
import type { AccessDirectory } from '../channels/access.ts';
import { type Access, demand, demandMembership } from '../channels/permissions.ts';
import type { Subscriber } from '../hub/subscriber.ts';
import type { PresenceRoom } from '../presence/presence-room.ts';
import type { Typing } from '../presence/typing.ts';
import type { Actor, Handlers } from './handler.ts';

export interface PresenceRooms {
  readonly access: AccessDirectory;
  readonly presence: PresenceRoom<Subscriber>;
  readonly typing: Typing;
}

type PresenceHandlers = Pick<Handlers, 'presence.set' | 'presence.watch' | 'presence.get' | 'typing.set'>;

/** The commands on presence and typing. */
export function presenceHandlers(rooms: PresenceRooms): PresenceHandlers {
  const { access, presence, typing } = rooms;
  const type = (found: Access, on: boolean): Record<string, never> => {
    demandMembership(found, 'say that one types');
    const { channel, userId } = demand(found, found.channel.kind === 'thread' ? 'thread.reply' : 'message.send');
    typing.set(userId, channel, on);
    return {};
  };
  return {
    'presence.set': async (input, { actor, subscriber }) => {
      await presence.set(actor.userId, subscriber, input);
      return {};
    },
    'presence.watch': async ({ userIds }, { actor, subscriber }) => ({
      presence: subscriber === null ? [] : await presence.watch(subscriber, actor, userIds),
    }),
    'presence.get': async ({ userIds }, { actor }) => {
      const found = await presence.get(actor, userIds);
      return { presence: found.map((one) => withTyping(rooms, actor, one)) };
    },
    'typing.set': ({ channelId, on }, { actor }) => {
      const known = access.known(actor.userId, channelId);
      if (known !== undefined) return type(known, on);
      return access.read(actor.userId, channelId).then((found) => type(found, on));
    },
  };
}

/** Adds that somebody types, where the caller is in that channel and devices of this node say so. */
function withTyping({ access, typing }: PresenceRooms, actor: Actor, presence: PresenceData): PresenceData {
  const isSeen = typing
    .channelsOf(presence.userId)
    .some((channelId) => access.known(actor.userId, channelId) !== undefined);
  return isSeen ? { ...presence, isTyping: true } : presence;
}
