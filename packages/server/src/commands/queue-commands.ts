import type { MessageQueue } from '../queue/message-queue.ts';
import type { ParkedSends } from '../queue/parked-sends.ts';
import type { Trends } from '../trends/trends.ts';
import type { Actor } from '../users/actor.ts';
import type { Operators } from '../users/operators.ts';
import type { Handlers } from './handler.ts';

export interface QueueRooms {
  readonly operators: Operators;
  readonly trends: Trends;
  readonly queue: MessageQueue;
  readonly parkedSends: ParkedSends;
  readonly queueMaxSize: number;
}

type QueueNames = 'queue.list' | 'queue.retry' | 'queue.drop';

/** What operators see of the queue, and do with what was set aside. */
export function queueHandlers(rooms: QueueRooms): Pick<Handlers, QueueNames> {
  const { operators, trends, queue, parkedSends } = rooms;
  const ordererOf = async ({ userId, address }: Actor, task: string) => {
    await operators.demand(userId, task);
    return { userId, address };
  };
  return {
    'queue.list': async (_input, { actor }) => {
      await operators.demand(actor.userId, 'look at the queue');
      const [nodes, parked] = await Promise.all([trends.queues(queue.stats()), parkedSends.views()]);
      return { maxSize: rooms.queueMaxSize, nodes, isKept: parkedSends.isKept, parked };
    },
    'queue.retry': async ({ id }, { actor }) => {
      await parkedSends.retry(await ordererOf(actor, 'repeat what was set aside'), id);
      return {};
    },
    'queue.drop': async ({ id }, { actor }) => {
      await parkedSends.drop(await ordererOf(actor, 'drop what was set aside'), id);
      return {};
    },
  };
}
