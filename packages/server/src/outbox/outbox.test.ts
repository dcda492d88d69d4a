import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../test/collect-garbage.ts';
import { FakeLoop } from '../../test/fake-loop.ts';
import { decodeFrames, FakeWire } from '../../test/fake-wire.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { Flusher, type FlusherOptions, type Outbox } from './outbox.ts';

interface Peer {
  wire: FakeWire;
  outbox: Outbox;
}

function setUp(options: Partial<FlusherOptions<Outbox>> = {}) {
  const loop = new FakeLoop();
  const slow: Outbox[] = [];
  const flusher = new Flusher({ onSlow: (outbox) => slow.push(outbox), loop, ...options });
  const open = (room?: number): Peer => {
    const wire = new FakeWire(room);
    return { wire, outbox: flusher.createOutbox(wire) };
  };
  const openMany = (count: number): Peer[] => Array.from({ length: count }, () => open());
  return { loop, slow, flusher, open, openMany };
}

const outboxes = (peers: Peer[]): Outbox[] => peers.map((peer) => peer.outbox);
const texts = (peer: Peer): string[] => decodeFrames(peer.wire.bytes);

describe('flush', () => {
  it('writes nothing on broadcast, then all pending frames at once, in one buffer for equal histories', () => {
    const { loop, flusher, openMany } = setUp();
    const peers = openMany(1000);
    for (const text of ['a', 'b', 'c']) flusher.broadcast(outboxes(peers), encodeFrame(text));
    expect(peers[0]?.wire.writes).toEqual([]);
    loop.advance(0);
    const written = new Set(peers.flatMap((peer) => peer.wire.writes));
    expect(written.size).toBeLessThanOrEqual(4); // one per slice
    for (const peer of peers) expect(texts(peer)).toEqual(['a', 'b', 'c']);
    expect(flusher.stats()).toMatchObject({ dirty: 0, writes: 1000, bytes: 9000 });
  });

  it('keeps the order of each socket when histories differ', () => {
    const { loop, flusher, openMany } = setUp();
    const [a, b, c] = openMany(3) as [Peer, Peer, Peer];
    a.outbox.push(encodeFrame('ack'));
    flusher.broadcast(outboxes([a, b]), encodeFrame('1'));
    flusher.broadcast(outboxes([b, c]), encodeFrame('2'));
    b.outbox.push(encodeFrame('reply'));
    flusher.broadcast(outboxes([c, a, b]), encodeFrame('3'));
    loop.advance(0);
    expect(texts(a)).toEqual(['ack', '1', '3']);
    expect(texts(b)).toEqual(['1', '2', 'reply', '3']);
    expect(texts(c)).toEqual(['2', '3']);
  });

  it('leaves out the one that is excepted', () => {
    const { loop, flusher, openMany } = setUp();
    const [sender, other] = openMany(2) as [Peer, Peer];
    flusher.broadcast(outboxes([sender, other]), encodeFrame('x'), sender.outbox);
    loop.advance(0);
    expect(texts(sender)).toEqual([]);
    expect(texts(other)).toEqual(['x']);
  });

  it('can send one frame twice', () => {
    const { loop, flusher, open } = setUp();
    const peer = open();
    const frame = encodeFrame('x');
    flusher.broadcast([peer.outbox, peer.outbox], frame);
    flusher.broadcast([peer.outbox], frame);
    loop.advance(0);
    expect(texts(peer)).toEqual(['x', 'x', 'x']);
  });

  it('keeps the others right when the list of outboxes breaks off', () => {
    const { loop, flusher, openMany } = setUp();
    const [a, b] = openMany(2) as [Peer, Peer];
    const breaking = function* () {
      yield a.outbox;
      throw new Error('gone');
    };
    expect(() => flusher.broadcast(breaking(), encodeFrame('1'))).toThrow('gone');
    flusher.broadcast([b.outbox], encodeFrame('2'));
    loop.advance(0);
    expect(texts(a)).toEqual(['1']);
    expect(texts(b)).toEqual(['2']);
  });

  it('tells when what was pending is written, and not what came after it', () => {
    const { loop, flusher, open, openMany } = setUp();
    const told: string[] = [];
    const tell = (name: string, peers: Peer[]) => () => {
      told.push(`${name} ${peers.filter(({ wire }) => wire.writes.length > 0).length}`);
    };
    flusher.whenWritten(tell('nothing is pending', []));
    const many = openMany(1_000);
    const singles = openMany(600);
    flusher.broadcast(outboxes(many), encodeFrame('x'));
    for (const { outbox } of singles) outbox.push(encodeFrame('ack'));
    flusher.whenWritten(tell('first', [...many, ...singles]));
    for (let turns = 0; turns < 50 && told.length === 0; turns++) {
      loop.timeMs += 1;
      loop.turn();
      open().outbox.push(encodeFrame('later'));
    }
    const later = openMany(300);
    flusher.broadcast(outboxes(later), encodeFrame('y'));
    flusher.whenWritten(tell('second', later));
    expect(told).toEqual(['first 1600']);
    loop.advance(0);
    expect(told).toEqual(['first 1600', 'second 300']);
  });

  it('takes the time of what it tells from its loop', () => {
    const { loop, flusher, open } = setUp();
    const blocked = open(0);
    const peer = open();
    for (const { outbox } of [blocked, peer]) outbox.push(encodeFrame('x'));
    const took: number[] = [];
    flusher.whenWritten((tookMs) => took.push(tookMs));
    loop.timeMs += 3;
    loop.advance(0);
    expect(took).toEqual([3]);
  });

  it('writes at once on request, before a close frame', () => {
    const { open } = setUp();
    const peer = open();
    peer.outbox.push(encodeFrame('bye'));
    peer.outbox.flush();
    expect(texts(peer)).toEqual(['bye']);
  });
});

describe('slices', () => {
  it('lets single frames and small audiences pass a large one', () => {
    const { loop, flusher, openMany } = setUp();
    const crowd = openMany(10_000);
    const [single, ...few] = openMany(11) as [Peer, ...Peer[]];
    flusher.broadcast(outboxes(crowd), encodeFrame('crowd'));
    for (let i = 0; i < 2; i++) loop.turn(); // input settles, then the first slice
    single.outbox.push(encodeFrame('ack'));
    flusher.broadcast(outboxes(few), encodeFrame('few'));
    const last = crowd.at(-1) as Peer;
    last.outbox.push(encodeFrame('ack'));
    loop.turn();
    for (const peer of [single, ...few]) expect(peer.wire.writes.length).toBe(1);
    expect(texts(last)).toEqual(['crowd', 'ack']);
    expect(crowd.filter((peer) => peer.wire.writes.length > 0).length).toBeLessThan(600);
    loop.advance(0);
    expect(crowd.every((peer) => peer.wire.writes.length === 1)).toBe(true);
  });

  it('serves a large audience although single frames never stop', () => {
    const { loop, flusher, openMany } = setUp();
    const crowd = openMany(1000);
    const singles = openMany(600);
    flusher.broadcast(outboxes(crowd), encodeFrame('crowd'));
    let turns = 0;
    while (crowd.some((peer) => peer.wire.writes.length === 0)) {
      for (const { outbox } of singles) outbox.push(encodeFrame('ack'));
      loop.turn();
      loop.timeMs += 1;
      expect(++turns).toBeLessThan(20);
    }
  });

  it('waits for the window between cycles when the loop is busy, not between slices', () => {
    const { loop, flusher, openMany } = setUp();
    loop.busy = 1;
    const crowd = openMany(1000);
    flusher.broadcast(outboxes(crowd), encodeFrame('1'));
    loop.advance(0);
    expect(crowd.every((peer) => peer.wire.writes.length === 1)).toBe(true);
    flusher.broadcast(outboxes(crowd), encodeFrame('2'));
    loop.turn();
    expect(crowd.some((peer) => peer.wire.writes.length === 2)).toBe(false);
    loop.advance(5);
    expect(crowd.every((peer) => peer.wire.writes.length === 2)).toBe(true);
  });
});

describe('back pressure', () => {
  const limits = { maxPendingBytes: 1000, highWaterBytes: 100, maxEphemeralBytes: 100, maxStallMs: 5000 };
  const frame = (bytes: number, ephemeral = false): Frame => encodeFrame('x'.repeat(bytes - 2), ephemeral);

  it('leaves frames in the outbox above the high-water mark and writes them once when the socket drains', () => {
    const { loop, flusher, open } = setUp(limits);
    const peer = open(0);
    peer.outbox.push(frame(120));
    loop.advance(1);
    for (let i = 0; i < 5; i++) {
      peer.outbox.push(frame(50));
      loop.advance(1);
    }
    expect(peer.wire.writes.length).toBe(1);
    expect(peer.outbox.pendingBytes).toBe(120 + 5 * 50);
    expect(flusher.stats().blocked).toBe(1);
    peer.wire.read(60);
    loop.advance(50);
    expect(peer.wire.writes.map((write) => write.length)).toEqual([120, 250]);
    expect(flusher.stats()).toMatchObject({ blocked: 0, dirty: 0, slow: 0 });
    expect(loop.timers).toEqual([]);
  });

  it('reports a socket above the bound once, from a flush, and drops what it had pending', () => {
    const { loop, slow, flusher, open } = setUp(limits);
    const peer = open(0);
    for (let i = 0; i < 40; i++) {
      peer.outbox.push(frame(100));
      expect(slow).toEqual([]);
      if (i < 5) loop.advance(1);
    }
    loop.advance(0);
    expect(slow).toEqual([peer.outbox]);
    peer.outbox.push(frame(100));
    loop.advance(100_000);
    expect(slow).toEqual([peer.outbox]);
    expect(peer.outbox.pendingBytes).toBe(peer.wire.writableLength);
    expect(flusher.stats()).toMatchObject({ slow: 1, blocked: 0, dirty: 0 });
  });

  it('writes early, instead of cutting, when one turn brings more than the bound to a socket that is free', () => {
    const { loop, slow, open } = setUp(limits);
    const peer = open();
    for (let i = 0; i < 50; i++) peer.outbox.push(frame(100));
    expect(peer.outbox.pendingBytes).toBeLessThanOrEqual(1000);
    loop.advance(0);
    expect(peer.wire.bytes.length).toBe(5000);
    expect(slow).toEqual([]);
  });

  it('reports a socket that stays above the high-water mark too long', () => {
    const { loop, slow, open } = setUp(limits);
    const peer = open(0);
    peer.outbox.push(frame(200));
    loop.advance(1);
    peer.outbox.push(frame(10));
    loop.advance(4900);
    expect(slow).toEqual([]);
    loop.advance(200);
    expect(slow).toEqual([peer.outbox]);
    expect(loop.timers).toEqual([]);
  });

  it('keeps ephemeral frames from sockets that are behind', () => {
    const { loop, flusher, open } = setUp(limits);
    const [behind, other] = [open(0), open()];
    behind.outbox.push(frame(150));
    loop.advance(1);
    flusher.broadcast([behind.outbox, other.outbox], encodeFrame('typing', true));
    flusher.broadcast([behind.outbox, other.outbox], encodeFrame('message'));
    behind.wire.read(1000);
    loop.advance(50);
    expect(texts(behind).slice(1)).toEqual(['message']);
    expect(texts(other)).toEqual(['typing', 'message']);
    expect(flusher.stats().droppedEphemeral).toBe(1);
  });

  it('forgets a socket that was destroyed or closed while it was blocked', () => {
    const { loop, slow, flusher, open } = setUp(limits);
    const peers = [open(0), open(0)];
    for (const { outbox } of peers) outbox.push(frame(150));
    loop.advance(1);
    for (const { outbox } of peers) outbox.push(frame(150));
    loop.advance(1);
    expect(flusher.stats().blocked).toBe(2);
    peers[0]?.outbox.close();
    Object.assign(peers[1]?.wire as FakeWire, { destroyed: true });
    peers[1]?.wire.read(1000);
    loop.advance(50);
    expect(flusher.stats()).toMatchObject({ blocked: 0, dirty: 0, slow: 0 });
    expect(peers.map((peer) => peer.wire.writes.length)).toEqual([1, 1]);
    expect(slow).toEqual([]);
  });

  it('does not report an outbox that its owner closed first', () => {
    const { loop, slow, open } = setUp(limits);
    const peer = open(0);
    peer.outbox.push(frame(150));
    loop.advance(1);
    for (let i = 0; i < 20; i++) peer.outbox.push(frame(100));
    peer.outbox.close();
    loop.advance(1);
    expect(slow).toEqual([]);
    expect(peer.outbox.pendingBytes).toBe(0);
  });
});

describe('memory', () => {
  /** Broadcasts in a scope of its own, so that nothing here holds the frames. */
  function send(flusher: Flusher, peers: Peer[], count: number): WeakRef<Frame>[] {
    return Array.from({ length: count }, (_, i) => {
      const frame = encodeFrame(`message ${i}`);
      flusher.broadcast(outboxes(peers), frame);
      return new WeakRef(frame);
    });
  }

  it('lets frames and joined bytes go after the flush', async () => {
    const { loop, flusher, openMany } = setUp();
    const peers = openMany(300);
    const frames = send(flusher, peers, 20);
    loop.advance(0);
    const joined = peers.slice(0, 1).flatMap((peer) => peer.wire.writes.splice(0).map((write) => new WeakRef(write)));
    for (const { wire } of peers) wire.writes.length = 0;
    await collectGarbage();
    expect(joined.length).toBe(1);
    expect([...frames, ...joined].filter((ref) => ref.deref() !== undefined)).toEqual([]);
  });

  it('does not keep later frames of others for a socket that is held up', async () => {
    const { loop, flusher, open, openMany } = setUp({ highWaterBytes: 10 });
    const stuck = open(0);
    const peers = openMany(20);
    stuck.outbox.push(encodeFrame('more than the high-water mark'));
    loop.advance(0);
    const held = send(flusher, [stuck, ...peers], 3);
    const others = send(flusher, peers, 10);
    loop.advance(0);
    for (const { wire } of peers) wire.writes.length = 0;
    await collectGarbage();
    expect(held.filter((ref) => ref.deref() === undefined)).toEqual([]);
    expect(others.filter((ref) => ref.deref() !== undefined)).toEqual([]);
    stuck.wire.read(1000);
    loop.advance(50);
    expect(texts(stuck).slice(1)).toEqual(['message 0', 'message 1', 'message 2']);
  });

  it('does not keep joined bytes for a socket that is held up at the same place', async () => {
    const { loop, flusher, open } = setUp({ highWaterBytes: 10 });
    const [stuck, peer] = [open(0), open()];
    stuck.outbox.push(encodeFrame('more than the high-water mark'));
    loop.advance(0);
    send(flusher, [stuck, peer], 3);
    loop.advance(0);
    const joined = peer.wire.writes.splice(0).map((write) => new WeakRef(write));
    await collectGarbage();
    expect(stuck.outbox.history.bytes).toBeGreaterThan(0);
    expect(joined.map((ref) => ref.deref())).toEqual([undefined]);
  });

  it('holds the wire of a closed outbox no longer', async () => {
    const { flusher } = setUp();
    const outbox = flusher.createOutbox(new FakeWire());
    const wire = new WeakRef(outbox.wire);
    outbox.close();
    await collectGarbage();
    expect(wire.deref()).toBe(undefined);
  });
});
