import { describe, expect, test } from 'vitest';
import { decodeFrames, FakeWire } from '../../test/fake-wire.ts';
import { ANN, testSession } from '../../test/test-session.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { Hub } from '../hub/hub.ts';
import { Flusher } from '../outbox/outbox.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Session } from './session.ts';

function setUp() {
  const flusher = new Flusher({ onSlow: () => {} });
  const bus = new MemoryBus();
  const hub = new Hub({
    bus,
    flusher,
    clock: new FakeClock(),
    onEffect: () => {},
    onUserNotice: () => {},
    onNodeNotice: () => {},
    readMissed: () => Promise.reject(new Error('nothing to read')),
    onRepair: () => {},
  });
  const wire = new FakeWire();
  const ended: Session[] = [];
  const session = testSession(flusher.createOutbox(wire), (one) => void ended.push(one));
  const { userId } = ANN;
  hub.add(session);
  const tell = (frame: object) => bus.publish(`user:${userId}`, { kind: 'frame', userId, json: JSON.stringify(frame) });
  const got = () => {
    flusher.flushNow();
    return decodeFrames(wire.bytes).map((text) => JSON.parse(text) as unknown);
  };
  return { session, tell, got, ended };
}

describe('a session', () => {
  test('[SYNC6] what is told to its user during the sync follows it, in its order', () => {
    const { session, tell, got } = setUp();
    tell({ readSeq: 1 });
    session.send({ t: 'sync', done: false });
    tell({ readSeq: 2 });
    session.send({ t: 'sync', done: true });
    session.inSync();
    tell({ readSeq: 3 });
    expect(got()).toEqual([
      { t: 'sync', done: false },
      { t: 'sync', done: true },
      { readSeq: 1 },
      { readSeq: 2 },
      { readSeq: 3 },
    ]);
  });

  test('a session that is told more than it can keep until it is in sync ends, and starts anew', () => {
    const { session, tell, ended } = setUp();
    for (let frame = 0; frame < 1_000; frame++) tell({ frame });
    expect(ended).toEqual([]);
    tell({ frame: 1_000 });
    expect(ended).toEqual([session]);
  });
});
