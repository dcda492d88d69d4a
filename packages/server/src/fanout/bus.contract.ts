import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { waitFor } from '../testing/wait-for.ts';
import type { Bus, BusPayload } from './bus.ts';

/** What every kind of bus promises to the node that has it. */
export function describeBus(kind: string, create: () => Promise<Bus>): void {
  const heardBy = (one: Bus): BusPayload[] => {
    const heard: BusPayload[] = [];
    one.onPayload = (payload) => void heard.push(payload);
    return heard;
  };
  const channelId = makeUuid() as ChannelId;
  const userId = makeUuid() as UserId;

  describe(`${kind} bus`, () => {
    let bus: Bus;
    afterEach(() => bus.close());

    test('[CLU1] its own node hears what it subscribed to within the call, once, and nothing else', async () => {
      bus = await create();
      const heard = heardBy(bus);
      bus.publish(`channel:${channelId}`, { kind: 'top', channelId, rev: 1 });
      expect(heard).toEqual([]);
      bus.subscribe(`channel:${channelId}`);
      bus.publish(`channel:${channelId}`, { kind: 'top', channelId, rev: 2 });
      expect(heard).toEqual([{ kind: 'top', channelId, rev: 2 }]);
      await bus.whenListening();
      bus.publish(`user:${userId}`, { kind: 'frame', userId, json: '{}' });
      bus.publish(`channel:${channelId}`, { kind: 'ephemeral', channelId, json: '{}' });
      bus.unsubscribe(`channel:${channelId}`);
      bus.publish(`channel:${channelId}`, { kind: 'top', channelId, rev: 3 });
      // Whatever came back by another way would be here before this one.
      bus.subscribe(`user:${userId}`);
      await bus.whenListening();
      bus.publish(`user:${userId}`, { kind: 'frame', userId, json: 'last' });
      await waitFor('the last one is heard', () => heard.length >= 3);
      expect(heard.map((payload) => payload.kind)).toEqual(['top', 'ephemeral', 'frame']);
    });

    test('[CLU1] every node hears what is said to all nodes', async () => {
      bus = await create();
      const heard = heardBy(bus);
      bus.publish('nodes', { kind: 'node', topic: 'flags', payload: 1 });
      expect(heard).toEqual([{ kind: 'node', topic: 'flags', payload: 1 }]);
    });
  });
}
