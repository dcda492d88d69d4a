import type { ChannelId, UserId } from '@parley/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { decodeFrames, FakeWire } from '../../test/fake-wire.ts';
import { AccessDirectory } from '../channels/access.ts';
import type { CommittedEvent, Effect } from '../fanout/committed.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { Hub } from '../hub/hub.ts';
import type { Subscriber } from '../hub/subscriber.ts';
import { Flusher } from '../outbox/outbox.ts';
import type { Database } from '../storage/postgres.ts';
import type { Place, SyncSource } from '../sync/sync-source.ts';
import { FakeClock, settlePromises } from '../testing/fake-clock.ts';
import { Memberships } from './memberships.ts';
import type { Session } from './session.ts';

const channelId = 'channel' as ChannelId;
const ann = 'ann' as UserId;

let clock: FakeClock;
let flusher: Flusher;
let bus: MemoryBus;
let hub: Hub;
let memberships: Memberships;
let faults: unknown[];
/** Answers the places that are being read, the oldest first. */
let answers: ((place: Place | null | Error) => void)[];
/** The rev at which Ann went out again; null when she was never in. */
let outAt: number | null;

beforeEach(() => {
  clock = new FakeClock();
  flusher = new Flusher({ onSlow: () => {} });
  bus = new MemoryBus();
  answers = [];
  outAt = null;
  faults = [];
  const access = new AccessDirectory({} as Database);
  hub = new Hub({
    bus,
    flusher,
    clock,
    onEffect: (id, effect) => access.apply(id, effect),
    onUserNotice: () => {},
    onNodeNotice: () => {},
    readMissed: () => Promise.reject(new Error('nothing to read')),
    onRepair: () => {},
  });
  const read = (): Promise<Place | null> =>
    new Promise((resolve, reject) => {
      answers.push((place) => (place instanceof Error ? reject(place) : resolve(place)));
    });
  const sync = { place: read, outAt: () => Promise.resolve(outAt) } as Partial<SyncSource> as SyncSource;
  memberships = new Memberships({ hub, access, sync, clock, onFault: (error) => void faults.push(error) });
});

/** A member as the database has one at a rev. */
function placeAt(rev: number): Place {
  const facts = { id: channelId, kind: 'private', rootId: channelId, archived: false, permissions: {}, accessRev: rev };
  const joined = { channel: { id: channelId, kind: 'private', rev }, membership: {} };
  return { facts, role: 'member', joined } as unknown as Place;
}

function addSocket(userId: UserId) {
  const wire = new FakeWire();
  const outbox = flusher.createOutbox(wire);
  const subscriber: Subscriber = {
    userId,
    credentialId: userId,
    outbox,
    channels: new Set(),
    sendTail: null,
    takeOwn: (frame) => outbox.push(frame),
    end: () => {},
  };
  hub.add(subscriber);
  const frames = () => {
    flusher.flushNow();
    return decodeFrames(wire.bytes).map((text) => JSON.parse(text) as { rev?: number; t?: string });
  };
  const got = (): unknown[] => frames().map((frame) => frame.rev ?? frame.t);
  return { subscriber, got, frames };
}

function publish(rev: number, effect?: Effect): void {
  const event: CommittedEvent = { rev, json: JSON.stringify({ rev }), effect };
  bus.publish(`channel:${channelId}`, { kind: 'batch', channelId, events: [event] });
}

/** Somebody else hears the channel, from a rev on. */
async function listenFrom(rev: number): Promise<void> {
  const { subscriber } = addSocket('bob' as UserId);
  const gaining = memberships.gain('bob' as UserId, channelId, [subscriber]);
  await settlePromises();
  answers.shift()?.(placeAt(rev));
  await gaining;
}

describe('the sockets of a user who joins', () => {
  test('[HUB5] hear nothing before it is read that they may, and then all that came after what was read', async () => {
    await listenFrom(5);
    const { subscriber, got } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    publish(6);
    publish(7);
    expect(got()).toEqual([]);
    answers.shift()?.(placeAt(6));
    await gaining;
    publish(8);
    expect(got()).toEqual(['joined', 7, 8]);
  });

  test('[HUB5] hear nothing at all when it turns out that they may not', async () => {
    await listenFrom(5);
    const { subscriber, got } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    publish(6);
    answers.shift()?.(null);
    await gaining;
    publish(7);
    expect(got()).toEqual([]);
  });

  test('[HUB3] are told that they are out when they left before it was read that they were in', async () => {
    await listenFrom(5);
    const { subscriber, frames } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    publish(6, { joined: [[ann, 'member']] });
    publish(7, { left: [ann] });
    outAt = 7;
    answers.shift()?.(null);
    await gaining;
    publish(8);
    const members = { joined: [], left: [ann] };
    expect(frames()).toEqual([{ t: 'changes', channelId, from: 0, rev: 7, reset: false, messages: [], members }]);
  });

  test('[HUB3] are not told so by an older word when the channel itself tells them', async () => {
    await listenFrom(5);
    const { subscriber, got } = addSocket(ann);
    const first = memberships.gain(ann, channelId, [subscriber]);
    const second = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    answers.shift()?.(placeAt(5));
    await first;
    outAt = 7;
    answers.shift()?.(null);
    await second;
    publish(6);
    publish(7, { left: [ann] });
    expect(got()).toEqual(['joined', 6, 7]);
  });

  test('[HUB3] hear the event that takes them out again, and nothing after it', async () => {
    await listenFrom(5);
    const { subscriber, got } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    publish(6);
    publish(7, { left: [ann] });
    publish(8);
    answers.shift()?.(placeAt(5));
    await gaining;
    publish(9);
    expect(got()).toEqual(['joined', 6, 7]);
  });

  test('[HUB5] are not put out by an earlier leave that is still on its way', async () => {
    await listenFrom(5);
    const { subscriber, got } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    answers.shift()?.(placeAt(7));
    await settlePromises();
    expect(got()).toEqual([]);
    publish(6, { left: [ann] });
    publish(7, { joined: [[ann, 'member']] });
    await gaining;
    publish(8);
    expect(got()).toEqual(['joined', 8]);
  });

  test('[HUB5] are told once more when an earlier leave took out those who had been in before', async () => {
    await listenFrom(5);
    const { subscriber, got } = addSocket(ann);
    const first = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    answers.shift()?.(placeAt(5));
    await first;
    const second = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    answers.shift()?.(placeAt(7));
    await settlePromises();
    publish(6, { left: [ann] });
    publish(7, { joined: [[ann, 'member']] });
    await settlePromises();
    answers.shift()?.(placeAt(7));
    await second;
    publish(8);
    expect(got()).toEqual(['joined', 6, 'joined', 8]);
  });

  test('[HUB5] are told although their place could not be read at first', async () => {
    const { subscriber, got } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    answers.shift()?.(new Error('Connection terminated unexpectedly'));
    await clock.advance(1_000);
    answers.shift()?.(placeAt(3));
    await gaining;
    expect(faults).toHaveLength(1);
    expect(got()).toEqual(['joined']);
  });

  test('[SYNC4] start anew when they were told to be in and are not any more', async () => {
    await listenFrom(9);
    const { subscriber } = addSocket(ann);
    const ends: string[] = [];
    const session = Object.assign(subscriber, { isOpen: true, end: (reason: string) => void ends.push(reason) });
    memberships.settle(session as unknown as Session, [placeAt(6)], [channelId]);
    await settlePromises();
    answers.shift()?.(null);
    await settlePromises();
    expect(ends).toEqual(['stale']);
  });

  test('leave no room behind when they go before the answer', async () => {
    const { subscriber } = addSocket(ann);
    const gaining = memberships.gain(ann, channelId, [subscriber]);
    await settlePromises();
    hub.remove(subscriber);
    answers.shift()?.(placeAt(3));
    await gaining;
    expect(hub.roomCount).toBe(0);
  });
});
