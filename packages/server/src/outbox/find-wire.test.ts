import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PairServer, readBytes } from '../../test/socket-pair.ts';
import { findWireOf, isRight, plainWire, Wires } from './find-wire.ts';
import { findBinding, RawWire, RawWires } from './raw-wire.ts';
import type { Wire } from './wire.ts';

const binding = findBinding();
if (binding === null) throw new Error('this Node has no binding to test');

/** The public way, spelt out so that parts of it can be wrong. */
class PlainWire implements Wire {
  readonly destroyed = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(data: Buffer): boolean {
    return this.#socket.write(data);
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }
}

class Loses extends PlainWire {
  override write(data: Buffer): boolean {
    return data.toString() === 'last' || super.write(data);
  }
}

class TurnsAround extends PlainWire {
  #kept: Buffer | null = null;

  override write(data: Buffer): boolean {
    const kept = this.#kept;
    this.#kept = kept === null && data.toString() === 'one' ? data : null;
    if (this.#kept !== null) return true;
    return super.write(data) && (kept === null || super.write(kept));
  }
}

class Hides extends PlainWire {
  override get writableLength(): number {
    return 0;
  }
}

describe('how sockets are written to', () => {
  test('by the handle where that works, by the stream of the socket else', async () => {
    const wires = new Wires();
    const server = await PairServer.start();
    const { near } = await server.pair();
    expect(wires.of(near)).toBe(near);
    await wires.find();
    expect(wires.of(near)).toBeInstanceOf(RawWire);
    expect(await findWireOf(findBinding('v99.1.0'))).toBe(plainWire);
    // A Node that does not tell what had to wait.
    expect(await findWireOf({ ...binding, streamBaseState: [0, 0, 0, 0] })).toBe(plainWire);
    await server.stop();
  });

  test('a way that loses, turns around or hides anything is found out', async () => {
    expect(await isRight(plainWire)).toBe(true);
    expect(await isRight((socket) => new PlainWire(socket))).toBe(true);
    for (const Wrong of [Loses, TurnsAround, Hides])
      expect(await isRight((socket) => new Wrong(socket)).catch(() => false)).toBe(false);
  });
});

describe('the handle below a socket', () => {
  let server: PairServer;
  beforeEach(async () => {
    server = await PairServer.start();
  });
  afterEach(() => server.stop());

  test('what it had to leave waits, in order with what the socket writes itself', async () => {
    const { near, far } = await server.pair();
    const wire = new RawWires(binding).of(near);
    const parts: Buffer[] = [];
    while (wire.writableLength === 0) {
      parts.push(Buffer.alloc(300_000, `${parts.length} `));
      wire.write(parts.at(-1) as Buffer);
    }
    for (const text of ['behind', 'and behind that']) {
      parts.push(Buffer.from(text));
      if (text === 'behind') near.write(text);
      else wire.write(Buffer.from(text));
    }
    const expected = Buffer.concat(parts);
    expect((await readBytes(far, expected.length)).equals(expected)).toBe(true);
    expect(wire.destroyed).toBe(false);
  });

  test('a reset ends the socket, whether something waits or not', async () => {
    const wires = new RawWires(binding);
    for (const isFull of [false, true]) {
      const { near, far } = await server.pair();
      const wire = wires.of(near);
      while (isFull && wire.writableLength === 0) wire.write(Buffer.alloc(300_000));
      const closed = new Promise((resolve) => near.once('close', resolve));
      far.resetAndDestroy();
      const timer = setInterval(() => wire.write(Buffer.from('still there?')), 1);
      await closed;
      clearInterval(timer);
      expect(wire.destroyed).toBe(true);
      expect(() => wire.write(Buffer.from('after the end'))).not.toThrow();
    }
  });
});
