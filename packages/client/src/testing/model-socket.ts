import type { DownFrame, Resume, UserId } from '@parley/protocol';
import type { WebSocketClass } from '../socket.ts';
import type { FakeClock } from './fake-clock.ts';

const LATENCY_MS = 5;

/** What a socket leads to. */
export interface ModelHost {
  readonly clock: FakeClock;
  readonly isDown: boolean;
  readonly sockets: Set<ModelSocket>;
  receive(socket: ModelSocket, text: string): void;
}

type Listener = (event: never) => void;

/** A WebSocket to a model server: frames take a moment, keep their order unless told otherwise, and are lost with the socket. */
export class ModelSocket {
  userId: UserId | null = null;
  resume: Resume | null = null;
  isReady = false;
  /** Swallows everything in both directions: the network is gone, and nobody has said so. */
  isHalfOpen = false;
  readonly #server: ModelHost;
  readonly #listeners = new Map<string, Listener[]>();
  #isOpen = false;
  #isOver = false;
  #delayed: DownFrame | null = null;

  constructor(server: ModelHost) {
    this.#server = server;
    server.clock.setTimer(() => {
      if (this.#isOver) return;
      if (server.isDown) return this.lose(1006, '');
      this.#isOpen = true;
      server.sockets.add(this);
      this.#tell('open', {});
    }, LATENCY_MS);
  }

  /** A class whose sockets lead to `server`. */
  static leadingTo(server: ModelHost): WebSocketClass {
    return class extends ModelSocket {
      constructor() {
        super(server);
      }
    };
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    if (!this.#isOpen) throw new Error('the socket is not open');
    this.#server.clock.setTimer(() => {
      if (!this.#isOver && !this.isHalfOpen) this.#server.receive(this, text);
    }, LATENCY_MS);
  }

  close(): void {
    this.#end();
  }

  /** Sends a frame to the client; `isLate` keeps it back until the next one has gone. */
  push(frame: DownFrame, isLate = false): void {
    if (this.#isOver) return;
    if (isLate && this.#delayed === null) {
      this.#delayed = frame;
      return;
    }
    this.#deliver(frame);
    if (this.#delayed === null) return;
    const late = this.#delayed;
    this.#delayed = null;
    this.#deliver(late);
  }

  /** Ends the socket from the server's side or in between. */
  lose(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#tell('close', { code, reason });
  }

  #deliver(frame: DownFrame): void {
    const data = JSON.stringify(frame);
    this.#server.clock.setTimer(() => {
      if (!this.#isOver && !this.isHalfOpen) this.#tell('message', { data });
    }, LATENCY_MS);
  }

  #end(): void {
    this.#isOver = true;
    this.#server.sockets.delete(this);
  }

  #tell(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) (listener as (event: object) => void)(event);
  }
}
