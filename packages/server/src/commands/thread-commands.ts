import type { Threads } from '../messages/threads.ts';
import type { Handlers } from './handler.ts';
import { targetOf } from './message-commands.ts';

export interface ThreadRooms {
  readonly threads: Threads;
}

/** The commands on threads; whatever else can be done in one is done with the commands on channels and messages. */
export function threadHandlers({ threads }: ThreadRooms): Pick<Handlers, 'thread.open' | 'thread.follow'> {
  return {
    'thread.open': (input, context) => threads.open(targetOf(input, context)),
    'thread.follow': async (input, { actor }) => {
      await threads.follow(actor.userId, input.channelId, input.on);
      return {};
    },
  };
}
