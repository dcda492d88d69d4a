import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeLoop } from '../../test/fake-loop.ts';
import { decodeFrames, FakeWire } from '../../test/fake-wire.ts';
import { encodeFrame } from './frame.ts';
import { Flusher, type Outbox } from './outbox.ts';

const SOCKETS = 6;
const CHANNELS = 4;
const MAX_FRAME_BYTES = 604;
const LIMITS = { maxPendingBytes: 2000, highWaterBytes: 400, maxEphemeralBytes: 300, maxStallMs: 1000 };

/** The naive model: what was given to each socket while it was open, in order. */
interface Peer {
  wire: FakeWire;
  outbox: Outbox;
  given: { text: string; ephemeral: boolean }[];
  end: 'open' | 'slow' | 'closed' | 'destroyed';
  /** `Outbox.flush` was called, which is for goodbyes and heeds no bound. */
  wasForced: boolean;
}

const socket = fc.nat(SOCKETS - 1);
const size = fc.oneof(fc.nat(40), fc.integer({ min: 100, max: 590 }));
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('broadcast' as const),
      channel: fc.nat(CHANNELS - 1),
      size,
      ephemeral: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('push' as const), socket, size, ephemeral: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('turn' as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.nat(300) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('read' as const), socket, bytes: fc.nat(2000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('flushNow' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('flush' as const), socket }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('busy' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('close' as const), socket }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('destroy' as const), socket }) },
);
// By default lists stay short, and a short run never gets a socket into trouble.
const steps = fc.array(step, { minLength: 1, maxLength: 120, size: 'max' });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly loop = new FakeLoop();
  readonly slowReports: Outbox[] = [];
  readonly flusher = new Flusher({ ...LIMITS, loop: this.loop, onSlow: (outbox) => this.#onSlow(outbox) });
  readonly peers: Peer[];
  readonly channels: number[][];
  #nextId = 0;
  #inCall = false;

  constructor(rooms: number[], channels: number[][]) {
    this.channels = channels;
    this.peers = rooms.map((room) => {
      const wire = new FakeWire(room);
      return { wire, outbox: this.flusher.createOutbox(wire), given: [], end: 'open', wasForced: false };
    });
  }

  run(step: Step): void {
    const peer = 'socket' in step ? this.#peer(step.socket) : undefined;
    if (step.op === 'broadcast') {
      const members = (this.channels[step.channel] ?? []).map((index) => this.#peer(index));
      this.#give(members, step.size, step.ephemeral, (frame) => {
        this.flusher.broadcast(new Set(members.map((member) => member.outbox)), frame);
      });
    } else if (step.op === 'push' && peer) {
      this.#give([peer], step.size, step.ephemeral, (frame) => peer.outbox.push(frame));
    } else if (step.op === 'turn') this.loop.turn();
    else if (step.op === 'advance') this.loop.advance(step.ms);
    else if (step.op === 'read' && peer) peer.wire.read(step.bytes);
    else if (step.op === 'flushNow') this.flusher.flushNow();
    else if (step.op === 'flush' && peer) {
      peer.outbox.flush();
      peer.wasForced = true;
    } else if (step.op === 'busy') this.loop.busy = step.share;
    else if (step.op === 'close' && peer) {
      peer.outbox.close();
      if (peer.end === 'open') peer.end = 'closed';
    } else if (step.op === 'destroy' && peer) {
      peer.wire.destroyed = true;
      if (peer.end === 'open') peer.end = 'destroyed';
    }
  }

  /** Reads every socket to the end and lets all timers run. */
  finish(): void {
    for (let i = 0; i < 5; i++) {
      for (const peer of this.peers) peer.wire.read(1e9);
      this.loop.advance(100);
    }
  }

  checkBounds(): void {
    for (const { outbox, wire, wasForced } of this.peers) {
      assert.ok(outbox.history.bytes <= LIMITS.maxPendingBytes);
      if (wasForced) continue;
      assert.ok(wire.writableLength <= LIMITS.highWaterBytes + LIMITS.maxPendingBytes + MAX_FRAME_BYTES);
    }
    assert.equal(new Set(this.slowReports).size, this.slowReports.length);
  }

  checkBytes(): void {
    for (const peer of this.peers) {
      const got = decodeFrames(peer.wire.bytes);
      let at = 0;
      for (const { text, ephemeral } of peer.given) {
        if (got[at] === text) at++;
        // A socket that ended has a prefix; an open one has everything but, perhaps, ephemeral frames.
        else if (!ephemeral && (peer.end === 'open' || at < got.length)) assert.equal(got[at], text);
      }
      assert.deepEqual(got.slice(at), []);
    }
  }

  #peer(index: number): Peer {
    const peer = this.peers[index];
    if (peer === undefined) throw new Error(`no socket ${index}`);
    return peer;
  }

  #give(to: Peer[], bytes: number, ephemeral: boolean, send: (frame: ReturnType<typeof encodeFrame>) => void): void {
    const text = `${this.#nextId++}`.padEnd(bytes, '.');
    for (const peer of to) {
      if (peer.end === 'open') peer.given.push({ text, ephemeral });
    }
    this.#inCall = true;
    send(encodeFrame(text, ephemeral));
    this.#inCall = false;
  }

  #onSlow(outbox: Outbox): void {
    assert.equal(this.#inCall, false);
    this.slowReports.push(outbox);
    const peer = this.peers.find((candidate) => candidate.outbox === outbox);
    if (peer?.end === 'open') peer.end = 'slow';
  }
}

const rooms = fc.array(fc.oneof(fc.constant(0), fc.nat(1500), fc.constant(1e9)), {
  minLength: SOCKETS,
  maxLength: SOCKETS,
});
const channels = fc.array(fc.uniqueArray(socket, { maxLength: SOCKETS, size: 'max' }), {
  minLength: CHANNELS,
  maxLength: CHANNELS,
});

it('sends each socket what a plain array of frames would, within the bounds', () => {
  let slow = 0;
  fc.assert(
    fc.property(rooms, channels, steps, (room, members, todo) => {
      const world = new World(room, members);
      for (const one of todo) {
        world.run(one);
        world.checkBounds();
      }
      world.finish();
      world.checkBounds();
      world.checkBytes();
      for (const peer of world.peers) if (peer.end === 'slow') slow++;
      expect(world.flusher.stats()).toMatchObject({ dirty: 0, blocked: 0 });
      for (const { outbox } of world.peers) expect(outbox.history.bytes).toBe(0);
    }),
    { numRuns: 1000 },
  );
  // A generator that never gets there would prove nothing.
  expect(slow).toBeGreaterThan(50);
});

it('never reports a socket that reads, however the frames come', () => {
  fc.assert(
    fc.property(channels, steps, (members, todo) => {
      const world = new World(
        Array.from({ length: SOCKETS }, () => Number.POSITIVE_INFINITY),
        members,
      );
      for (const one of todo) world.run(one);
      world.finish();
      world.checkBytes();
      expect(world.slowReports).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
