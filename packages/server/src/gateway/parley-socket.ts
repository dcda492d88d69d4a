import { WebSocket } from 'ws';
import type { Session } from '../session/session.ts';

/** What the shared handlers of all sockets call. */
export interface SocketGate {
  heard(session: Session): void;
  message(session: Session, data: Buffer, isBinary: boolean): void;
}

/** A `ws` socket that knows its session and its gate: with shared handlers, no closure is made per socket. */
export class ParleySocket extends WebSocket {
  session: Session | null = null;
  gate: SocketGate | null = null;
  /** Where the heartbeat watches it. */
  slot = 0;

  /** Starts to pass what the socket says to `gate`. */
  serve(session: Session, gate: SocketGate): void {
    this.session = session;
    this.gate = gate;
    this.on('pong', onPong);
    this.on('message', onMessage);
    this.on('error', onError);
    this.on('close', onClose);
  }
}

// `ws` calls its listeners with the socket as `this`; its types only know the base class.
function onPong(this: WebSocket): void {
  if (this instanceof ParleySocket && this.session !== null) this.gate?.heard(this.session);
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  if (!(this instanceof ParleySocket) || this.session === null) return;
  if (Buffer.isBuffer(data)) this.gate?.message(this.session, data, isBinary);
}

/** `ws` has closed the socket with the right code already; `close` follows. */
function onError(): void {}

function onClose(this: WebSocket): void {
  if (this instanceof ParleySocket) this.session?.closed();
}
