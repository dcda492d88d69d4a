import { SUBPROTOCOL } from '@parley/protocol/constants';
import { ParleyError } from './errors.ts';

/** The part of a WebSocket that the client uses; the browser's and that of the `ws` package both fit. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** A WebSocket class, such as `globalThis.WebSocket` or the `WebSocket` of the `ws` package. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

interface ListenableSocket extends WebSocketLike {
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  /** Only in the `ws` package: ends a socket whose other side is gone without waiting for it. */
  terminate?(): void;
}

export interface SocketHandlers {
  onOpen(): void;
  onText(text: string): void;
  /** The socket is over; called once, and not after `drop`. Code 1006 means that it was lost. */
  onClose(code: number, reason: string): void;
}

/** One socket, until it closes. */
export interface Socket {
  send(text: string): void;
  /** Says goodbye; no handler is called any more. A dead socket is not waited for. */
  drop(isDead: boolean): void;
}

/** Opens a socket. Throws when the URL is not one. */
export function openSocket(WebSocket: WebSocketClass, url: string, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(url, [SUBPROTOCOL]) as ListenableSocket;
  let isOver = false;
  const end = (code: number, reason: string): void => {
    if (isOver) return;
    isOver = true;
    handlers.onClose(code, reason);
  };
  socket.addEventListener('open', () => {
    if (!isOver) handlers.onOpen();
  });
  socket.addEventListener('message', ({ data }) => {
    if (!isOver && typeof data === 'string') handlers.onText(data);
  });
  // An error is always followed by a close; without a listener the `ws` package would throw it.
  socket.addEventListener('error', () => {});
  socket.addEventListener('close', ({ code, reason }) => end(code, reason));
  return {
    send: (text) => {
      if (!isOver) socket.send(text);
    },
    drop: (isDead) => {
      isOver = true;
      if (isDead && socket.terminate !== undefined) socket.terminate();
      else socket.close(1000);
    },
  };
}

/** The WebSocket class to use: the given one, or the one that browsers and Node 22 have. */
export function webSocketClass(given: WebSocketClass | undefined): WebSocketClass {
  const found = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (found === undefined) {
    throw new ParleyError('unreachable', 'unable to connect; no WebSocket here, pass that of `ws`');
  }
  return found;
}
