import { CLOSE_CODES } from '@parley/protocol';
import type { Wire } from '../src/outbox/wire.ts';
import type { SessionSocket } from '../src/session/session.ts';
import { FrameReader } from './frame-reader.ts';
import { type Link, Pipe } from './link.ts';

/** What the kernel takes of a socket whose other side does not read. */
const KERNEL_BYTES = 64 * 1024;
/** A close that is not answered is over after this; that is what `ws` does. */
const CLOSE_TIMEOUT_MS = 30_000;

/** The client's end, as its socket class hears of it. */
export interface ClientEnd {
  onOpen(): void;
  onText(text: string): void;
  onClose(code: number, reason: string): void;
}

/** The server's end, as the door hears of it. */
export interface ServerEnd {
  onText(text: string): void;
  onPong(): void;
  /** The socket is gone. */
  onClose(): void;
}

/** A socket that was given up because nothing gets through must be gone after this, with all that it held. */
const LET_GO_MS = 1_000;
const STUCK_CODES: readonly number[] = [CLOSE_CODES.slow, CLOSE_CODES.silent];

/** How a line breaks: both sides are told, or neither, or one alone. */
export type Break = 'reset' | 'vanish' | 'client-told' | 'server-told';

/** One socket between a client and a node. */
export class Connection implements Wire, SessionSocket {
  readonly link: Link;
  readonly #client: ClientEnd;
  #server: ServerEnd | null = null;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #reader = new FrameReader();
  /** What the server has written and the network has not taken. */
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #closing: { readonly code: number; readonly reason: string } | null = null;
  #isDraining = false;
  #isPaused = false;
  #waiting: string[] = [];
  /** Frames that have arrived and are given to the client one per step. */
  #isClientOver = false;
  destroyed = false;

  constructor(link: Link, client: ClientEnd) {
    this.link = link;
    this.#client = client;
    this.#up = new Pipe(link);
    this.#down = new Pipe(link);
  }

  /** The door has let it in. */
  accept(server: ServerEnd): void {
    this.#server = server;
    this.#down.send(() => this.#client.onOpen());
  }

  /** The door has refused it. */
  refuse(): void {
    this.#down.send(() => this.#endClient(1006, ''));
    this.destroyed = true;
  }

  get isOver(): boolean {
    return this.destroyed && this.#isClientOver;
  }

  // The client's end.

  sendUp(text: string): void {
    this.#up.send(() => this.#arriveUp(text));
  }

  /** Says goodbye politely. */
  closeUp(): void {
    this.#isClientOver = true;
    this.#up.send(() => this.#endServer());
  }

  // The server's end.

  get writableLength(): number {
    return Math.max(0, this.#unsentBytes - KERNEL_BYTES);
  }

  write(data: Buffer): boolean {
    if (this.destroyed) return false;
    this.#unsent.push(data);
    this.#unsentBytes += data.length;
    this.#drain();
    return this.writableLength === 0;
  }

  /** A close frame stands behind what is unsent. */
  close(code: number, reason: string): void {
    if (this.destroyed || this.#closing !== null) return;
    this.#closing = { code, reason };
    if (STUCK_CODES.includes(code)) this.link.scheduler.after(LET_GO_MS, () => this.#demandGone(reason));
    this.link.scheduler.after(CLOSE_TIMEOUT_MS, () => this.#endServer());
    this.#drain();
  }

  #demandGone(reason: string): void {
    if (!this.destroyed && this.#unsentBytes > 0)
      this.link.report('I14', `a socket that was given up as ${reason} still holds ${this.#unsentBytes} bytes`);
  }

  terminate(): void {
    if (this.destroyed) return;
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#endServer();
    this.#down.send(() => this.#endClient(1006, ''));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const text of this.#waiting.splice(0)) this.#arriveUp(text);
  }

  /** Asks for a sign of life, which every client gives by itself. */
  ping(): void {
    if (this.#unsentBytes > 0) return;
    this.#down.send(() => this.#up.send(() => this.#server?.onPong()));
  }

  // The world's end.

  /** The line breaks; some of what is on its way may still come through. */
  break(how: Break): void {
    const latency = this.link.latencyMs();
    this.#up.isBroken = true;
    this.#down.isBroken = true;
    if (how === 'reset' || how === 'client-told') {
      this.link.scheduler.after(latency, () => this.#endClient(1006, ''));
    }
    if (how === 'reset' || how === 'server-told') {
      this.link.scheduler.after(this.link.latencyMs(), () => this.#endServer());
    }
  }

  /** The way to the client, or from it, swallows everything from now on, and nobody is told. */
  deafen(direction: 'up' | 'down'): void {
    if (direction === 'up') this.#up.isBroken = true;
    else this.#down.isBroken = true;
  }

  /** The process at the server's end has died; its machine says so (`isTold`) or not. */
  orphan(isTold: boolean): void {
    this.#server = null;
    this.destroyed = true;
    this.#unsent = [];
    this.#up.isBroken = true;
    if (isTold) this.#down.send(() => this.#endClient(1006, ''));
    else this.#down.isBroken = true;
  }

  /** The speed of the link has changed. */
  drain(): void {
    this.#drain();
  }

  /** Sends what the link takes: all at once on a fast one, piece by piece on a slow one. */
  #drain(): void {
    if (this.#isDraining || this.#down.isBroken) return;
    const { downRate } = this.link;
    while (this.#unsent.length > 0) {
      if (downRate === 0) return;
      const piece = this.#unsent.shift();
      if (piece === undefined) break;
      if (downRate !== Number.POSITIVE_INFINITY) return this.#trickle(piece, piece.length / downRate);
      this.#unsentBytes -= piece.length;
      this.#down.send(() => this.#arriveDown(piece));
    }
    this.#sendClose();
  }

  #trickle(piece: Buffer, durationMs: number): void {
    this.#isDraining = true;
    this.link.scheduler.after(durationMs, () => {
      this.#isDraining = false;
      this.#unsentBytes = Math.max(0, this.#unsentBytes - piece.length);
      if (this.destroyed) return;
      this.#down.send(() => this.#arriveDown(piece));
      this.#drain();
    });
  }

  #sendClose(): void {
    if (this.#closing === null || this.destroyed) return;
    const { code, reason } = this.#closing;
    this.#down.send(() => {
      this.#endClient(code, reason);
      this.#up.send(() => this.#endServer());
    });
  }

  #arriveUp(text: string): void {
    if (this.#isPaused) this.#waiting.push(text);
    else this.#server?.onText(text);
  }

  /** Frames that came in one piece are still handled one after the other. */
  #arriveDown(piece: Buffer): void {
    for (const text of this.#reader.read(piece)) {
      this.link.scheduler.after(0, () => {
        if (!this.#isClientOver) this.#client.onText(text);
      });
    }
  }

  #endClient(code: number, reason: string): void {
    // Behind the frames that have arrived and are not handled yet.
    this.link.scheduler.after(0, () => {
      if (this.#isClientOver) return;
      this.#isClientOver = true;
      this.#client.onClose(code, reason);
    });
  }

  #endServer(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#unsent = [];
    this.#unsentBytes = 0;
    const server = this.#server;
    this.#server = null;
    server?.onClose();
  }
}
