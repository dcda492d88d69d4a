import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { findBinding, RawWires } from './raw-wire.ts';
import type { Wire } from './wire.ts';

/** What is written until the kernel takes no more, because the other end does not read. */
const PART_BYTES = 256 << 10;
const MAX_PARTS = 100;
const MAX_MS = 2_000;

/** How the sockets of this process are written to. */
export type WireOf = (socket: Socket) => Wire;

/** The public way: what the outbox needs is part of a socket. */
export const plainWire: WireOf = (socket) => socket;

/**
 * The fastest way that works in this Node. Writing to the handle is not public, so even a version that is known is tried on a pair of
 * sockets first: writes that are done at once, one that has to wait, one of the socket's own in between, and the order of all.
 */
export async function findWireOf(binding = findBinding()): Promise<WireOf> {
  if (binding === null) return plainWire;
  const wires = new RawWires(binding);
  const wireOf: WireOf = (socket) => wires.of(socket);
  return (await isRight(wireOf).catch(() => false)) && wires.isSound ? wireOf : plainWire;
}

/** The wires of a process: the public way until a faster one is found, which takes a moment that nobody need wait for. */
export class Wires {
  #wireOf = plainWire;
  /** For new sockets; those that are open stay as they are. */
  readonly of: WireOf = (socket) => this.#wireOf(socket);

  async find(): Promise<void> {
    this.#wireOf = await findWireOf();
  }
}

/** Whether a wire of this kind delivers every byte in order, and knows what waits. */
export async function isRight(wireOf: WireOf): Promise<boolean> {
  const server = createServer();
  const signal = AbortSignal.timeout(MAX_MS);
  const sockets: Socket[] = [];
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening', { signal });
    const accepted = once(server, 'connection', { signal });
    const far = connect((server.address() as { port: number }).port, '127.0.0.1');
    sockets.push(far);
    const [near] = (await accepted) as [Socket];
    sockets.push(near);
    for (const socket of sockets) socket.on('error', () => {});
    far.pause();
    const wire = wireOf(near);
    const sent: Buffer[] = [];
    const write = (data: Buffer): void => {
      sent.push(data);
      wire.write(data);
    };
    for (const text of ['one', 'two']) {
      write(Buffer.from(text));
      if (wire.writableLength > 0) return false;
    }
    while (wire.writableLength === 0 && sent.length < MAX_PARTS) write(Buffer.alloc(PART_BYTES, `${sent.length} `));
    if (wire.writableLength === 0) return false;
    const own = Buffer.from('of its own');
    sent.push(own);
    near.write(own);
    write(Buffer.from('last'));
    const expected = Buffer.concat(sent);
    if (!(await readAll(far, expected.length, signal)).equals(expected)) return false;
    while (wire.writableLength > 0 && !signal.aborted) await new Promise((resolve) => setImmediate(resolve));
    return wire.writableLength === 0 && !wire.destroyed;
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function readAll(socket: Socket, bytes: number, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  let count = 0;
  socket.on('data', (data: Buffer) => {
    parts.push(data);
    count += data.length;
  });
  socket.resume();
  while (count < bytes) await once(socket, 'data', { signal });
  return Buffer.concat(parts);
}
