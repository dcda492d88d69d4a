import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Wire, Writer } from './wire.ts';

/** What this file uses of a TCP handle of Node, none of it documented: hence the checks and the self-test. */
interface Handle {
  /** Returns 0 or an error number. What the kernel does not take at once is queued, and `request` told at the end. */
  writeBuffer(request: Request, data: Buffer): number;
  readonly writeQueueSize: number;
}

interface Request {
  buffer?: Buffer;
  oncomplete?: (status: number) => void;
}

type RequestClass = new () => Request;

interface RawWire extends Wire {
  readonly _handle?: Handle | null;
  readonly writable?: boolean;
  destroy?(): unknown;
}

/**
 * Writes to the handle below a `net.Socket`, past the stream machinery, whenever nothing waits in the socket; that
 * saves about a tenth of a flush. Everything else (a wire of another kind, TLS, unsent bytes) goes by the wire's own
 * `write`. Both end in the same queue of the same handle, so the order is the order of the calls.
 */
export class FastWriter implements Writer {
  readonly #handleClass: unknown;
  readonly #requestClass: RequestClass;
  /** Shared by all writes that the kernel takes whole, which never look at it again. */
  #request: Request;
  /** Wires with a write of ours that the kernel has not taken whole. */
  readonly #inFlight = new Set<Wire>();

  constructor(handleClass: unknown, requestClass: RequestClass) {
    this.#handleClass = handleClass;
    this.#requestClass = requestClass;
    this.#request = new requestClass();
  }

  /** Like `wire.write`, without its callbacks, `drain` and idle timer; an error destroys the socket. */
  write(wire: RawWire, data: Buffer): void {
    const handle = wire._handle;
    if (!handle || handle.constructor !== this.#handleClass || wire.writable !== true || this.unsentBytes(wire) > 0) {
      wire.write(data);
    } else if (handle.writeBuffer(this.#request, data) !== 0) {
      wire.destroy?.();
    } else if (handle.writeQueueSize > 0) {
      this.#awaitKernel(wire, data);
    }
  }

  unsentBytes(wire: RawWire): number {
    // The handle's queue holds the stream's unsent bytes too; it is asked only when some of it is ours.
    if (this.#inFlight.size === 0 || !this.#inFlight.has(wire)) return wire.writableLength;
    return Math.max(wire.writableLength, wire._handle?.writeQueueSize ?? 0);
  }

  #awaitKernel(wire: RawWire, data: Buffer): void {
    const request = this.#request;
    this.#request = new this.#requestClass();
    this.#inFlight.add(wire);
    request.buffer = data;
    request.oncomplete = (status) => {
      this.#inFlight.delete(wire);
      if (status < 0) wire.destroy?.();
    };
  }
}

/** Long enough for a loaded machine; only a broken path ever waits for it. */
const SELF_TEST_MS = 2000;
/** What the request class is learned by. */
const FIRST_BYTE = Buffer.from('1');
/** Written again and again until the kernel has had enough, so that the self-test sees a write in flight. */
const PIECE = Buffer.alloc(1 << 20, 'piece');
/** More than any loopback socket takes while nobody reads. */
const MAX_PIECES = 64;

/**
 * A `FastWriter` that has just proved itself on a real pair of sockets: order, partial writes and a dead peer.
 * Undefined where it does not work (another runtime, another Node): use the plain writer then.
 */
export async function createFastWriter(): Promise<FastWriter | undefined> {
  const pair = await openPair();
  if (pair === undefined) return undefined;
  const { server, near, far } = pair;
  const timer = setTimeout(
    () => far.destroy(new Error('unable to finish the self-test; it took too long')),
    SELF_TEST_MS,
  );
  try {
    const writer = learn(near);
    if (writer === undefined) return undefined;
    const isSound = (await keepsOrder(writer, near, far)) && (await survivesDeath(writer, near, far));
    return isSound ? writer : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    near.destroy();
    far.destroy();
    server.close();
  }
}

async function openPair(): Promise<{ server: Server; near: Socket; far: Socket } | undefined> {
  const server = createServer();
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') return undefined;
    const far = connect(address.port, '127.0.0.1');
    const [[near]] = (await Promise.all([once(server, 'connection'), once(far, 'connect')])) as [[Socket], unknown];
    for (const socket of [near, far]) socket.on('error', () => {});
    return { server, near, far };
  } catch {
    server.close();
    return undefined;
  }
}

/** Looks over the shoulder of one ordinary write to learn the class of its request object. */
function learn(near: Socket): FastWriter | undefined {
  const handle = (near as unknown as RawWire)._handle as (Handle & { writeBuffer?: unknown }) | null | undefined;
  if (typeof handle?.writeBuffer !== 'function' || typeof handle.writeQueueSize !== 'number') return undefined;
  let requestClass: unknown;
  const original = handle.writeBuffer;
  handle.writeBuffer = (request, data) => {
    requestClass = request.constructor;
    return original.call(handle, request, data);
  };
  near.write(FIRST_BYTE);
  Reflect.deleteProperty(handle, 'writeBuffer');
  return typeof requestClass === 'function'
    ? new FastWriter(handle.constructor, requestClass as RequestClass)
    : undefined;
}

/** Small writes, one that does not fit, and both ways of writing behind it must arrive whole and in order. */
async function keepsOrder(writer: FastWriter, near: Socket, far: Socket): Promise<boolean> {
  const sent = createHash('sha1').update(FIRST_BYTE);
  const received = createHash('sha1');
  let bytesLeft = FIRST_BYTE.length;
  const write = (data: Buffer, target: (data: Buffer) => void): void => {
    sent.update(data);
    bytesLeft += data.length;
    target(data);
  };
  const writeFast = (data: Buffer): void => writer.write(near, data);
  for (let i = 1; i < 100; i++) write(Buffer.alloc(i, i), writeFast);
  for (let i = 0; i < MAX_PIECES && writer.unsentBytes(near) === 0; i++) write(PIECE, writeFast);
  const wasInFlight = writer.unsentBytes(near) > 0;
  write(Buffer.from('behind it, by the writer'), writeFast);
  write(Buffer.from('behind it, by the stream'), (data) => near.write(data));
  for await (const data of far.iterator({ destroyOnReturn: false })) {
    received.update(data as Buffer);
    bytesLeft -= (data as Buffer).length;
    if (bytesLeft <= 0) break;
  }
  return wasInFlight && bytesLeft === 0 && received.digest('hex') === sent.digest('hex');
}

/** A write to a peer that is gone must end in a closed socket and nothing in flight, not in an exception. */
async function survivesDeath(writer: FastWriter, near: Socket, far: Socket): Promise<boolean> {
  const closed = new Promise((resolve) => near.once('close', resolve));
  far.resetAndDestroy();
  // The first write finds the reset, at the latest the second a closed pipe; the rest is room for other kernels.
  for (let i = 0; i < 100 && !near.destroyed; i++) writer.write(near, PIECE);
  const wasDestroyed = near.destroyed;
  near.destroy();
  await closed;
  return wasDestroyed && writer.unsentBytes(near) === 0;
}
