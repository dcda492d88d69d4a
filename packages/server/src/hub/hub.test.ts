import type { Changes, ChannelId, UserId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { FakeWire } from '../../test/fake-wire.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { Flusher } from '../outbox/outbox.ts';
import { FakeClock, settlePromises } from '../testing/fake-clock.ts';
import { Hub, type HubPorts } from './hub.ts';
import type { Subscriber } from './subscriber.ts';

const channelId = 'channel' as ChannelId;

test('[HUB2] a room is repaired although the repair of an earlier room of its channel never ends', async () => {
  const clock = new FakeClock();
  const flusher = new Flusher({ onSlow: () => {} });
  const reads: ((rev: number) => void)[] = [];
  const readMissed: HubPorts['readMissed'] = () =>
    new Promise((resolve) => {
      reads.push((rev) =>
        resolve({ changes: { channelId, from: 1, rev, reset: false, messages: [] } as Changes, left: [] }),
      );
    });
  const hub = new Hub({
    bus: new MemoryBus(),
    flusher,
    clock,
    onEffect: () => {},
    onUserNotice: () => {},
    onNodeNotice: () => {},
    readMissed,
    onRepair: () => {},
  });
  const enter = (userId: string): Subscriber => {
    const outbox = flusher.createOutbox(new FakeWire());
    const subscriber = {
      userId: userId as UserId,
      credentialId: userId,
      outbox,
      channels: new Set<ChannelId>(),
      sendTail: null,
      takeOwn: () => {},
      end: () => {},
    };
    hub.add(subscriber);
    hub.expect(subscriber, channelId);
    hub.anchor(channelId, 1);
    hub.letIn(subscriber, channelId, 1);
    hub.learnTop(channelId, 2);
    return subscriber;
  };
  const first = enter('ann');
  await clock.advance(100);
  expect(reads).toHaveLength(1);
  hub.remove(first);
  enter('bob');
  await clock.advance(100);
  expect(reads).toHaveLength(2);
  reads[1]?.(2);
  await settlePromises();
  expect(hub.room(channelId)?.rev).toBe(2);
});
