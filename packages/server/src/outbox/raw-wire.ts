import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Wire } from './wire.ts';

/** What libuv answers to; `oncomplete` is called where a write could not be done at once. */
export interface WriteRequest {
  buffer?: Buffer;
  wire?: RawWire;
  oncomplete?: (status: number) => void;
}

/** The stream below a TCP socket, as Node's own `net` uses it. */
interface Handle {
  /** Zero, or the error as a negative number. */
  writeBuffer(request: WriteRequest, data: Buffer): number;
  readonly writeQueueSize: number;
}

/** What of Node's inside is needed: `process.binding('stream_wrap')`. */
export interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: ArrayLike<number>;
  readonly kLastWriteWasAsync: number;
}

/**
 * Versions of Node with which it was tried. It is no public interface, and what is asked of it in a wrong way may end the process
 * instead of throwing.
 */
const KNOWN_VERSIONS = /^v(20|22|24)\./;

/** The binding, where this Node has it as we know it. */
export function findBinding(version = process.version): StreamBinding | null {
  if (!KNOWN_VERSIONS.test(version)) return null;
  try {
    const inside = process as unknown as { binding(name: string): Partial<StreamBinding> };
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = inside.binding('stream_wrap');
    if (WriteWrap === undefined || streamBaseState === undefined || kLastWriteWasAsync === undefined) return null;
    return { WriteWrap, streamBaseState, kLastWriteWasAsync };
  } catch {
    return null;
  }
}

/** Makes wires that write past the stream of a socket. One for all sockets: they share the request of the next write. */
export class RawWires {
  readonly #binding: StreamBinding;
  #request: WriteRequest;
  /** False once this Node has said that a write was done, and bytes of it waited: its requests must not be shared. */
  isSound = true;

  constructor(binding: StreamBinding) {
    this.#binding = binding;
    this.#request = new binding.WriteWrap();
  }

  /** The wire of a socket; the socket itself where it is not plain TCP. */
  of(socket: Socket): Wire {
    return socket instanceof Socket && !(socket instanceof TLSSocket) && handleOf(socket) !== null
      ? new RawWire(this, socket)
      : socket;
  }

  /** Writes at once what the kernel takes and leaves the rest to libuv, which keeps the order with all that the socket writes. */
  write(wire: RawWire, handle: Handle, data: Buffer): boolean {
    const request = this.#request;
    const { streamBaseState, kLastWriteWasAsync, WriteWrap } = this.#binding;
    // Part of it may be out: to try again another way could send it twice.
    if (handle.writeBuffer(request, data) !== 0) return wire.fail();
    const isDone = streamBaseState[kLastWriteWasAsync] === 0;
    if (isDone && handle.writeQueueSize === 0) return true;
    if (isDone) this.isSound = false;
    request.buffer = data;
    request.wire = wire;
    request.oncomplete = onComplete;
    this.#request = new WriteWrap();
    wire.isWaiting = true;
    return false;
  }
}

function onComplete(this: WriteRequest, status: number): void {
  if (this.wire === undefined) return;
  this.wire.isWaiting = false;
  if (status < 0) this.wire.fail();
}

function handleOf(socket: Socket): Handle | null {
  const handle = (socket as unknown as { _handle?: Partial<Handle> | null })._handle;
  return typeof handle?.writeBuffer === 'function' ? (handle as Handle) : null;
}

/**
 * One socket. A write through `net.Socket` costs about as much in the stream as in the kernel; while nothing of the socket's own
 * waits, its bytes can go straight to the handle below.
 */
export class RawWire implements Wire {
  readonly #wires: RawWires;
  readonly #socket: Socket;
  /** libuv has bytes of ours that the kernel did not take yet. */
  isWaiting = false;

  constructor(wires: RawWires, socket: Socket) {
    this.#wires = wires;
    this.#socket = socket;
  }

  write(data: Buffer): boolean {
    const socket = this.#socket;
    // Behind what waits, and after the end, the stream knows what is right.
    if (this.isWaiting || socket.writableLength > 0 || socket.writableEnded) return socket.write(data);
    const handle = handleOf(socket);
    return handle === null ? socket.write(data) : this.#wires.write(this, handle, data);
  }

  get writableLength(): number {
    const own = this.#socket.writableLength;
    return this.isWaiting ? own + (handleOf(this.#socket)?.writeQueueSize ?? 0) : own;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  fail(): false {
    this.#socket.destroy();
    return false;
  }
}
