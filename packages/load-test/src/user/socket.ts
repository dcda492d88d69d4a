import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

export interface SocketEvents {
  onOpen(): void;
  onText(text: string): void;
  /** It is over, or never was: why, and how long the server asks to wait. Called once. */
  onEnd(code: number, waitMs: number | null): void;
}

const CONNECT_TIMEOUT_MS = 30_000;
/** A refused upgrade that says nothing more. */
const REFUSED_WAIT_MS = 1_000;
const BROKEN = 1006;

/** Opens the socket of a client. */
export function connectSocket(url: string, events: SocketEvents): WebSocket {
  const socket = new WebSocket(url, ['parley.v1.json'], {
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    // What the server writes comes from its own encoder; to look at each byte again would cost the load its accuracy.
    skipUTF8Validation: true,
  });
  let hasEnded = false;
  const end = (code: number, waitMs: number | null): void => {
    if (hasEnded) return;
    hasEnded = true;
    events.onEnd(code, waitMs);
  };
  socket.on('open', () => events.onOpen());
  socket.on('message', (data: Buffer) => events.onText(data.toString('utf8')));
  socket.on('close', (code) => end(code, null));
  socket.on('error', () => end(BROKEN, null));
  socket.on('unexpected-response', (_request, response) => {
    readWaitMs(response, (waitMs) => {
      end(BROKEN, waitMs);
      socket.terminate();
    });
  });
  return socket;
}

/** How long a refused upgrade asks to wait. */
function readWaitMs(response: IncomingMessage, tell: (waitMs: number) => void): void {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    body += text;
  });
  const done = (): void => {
    const waitMs = Number(/"retryAfterMs":(\d+)/.exec(body)?.[1] ?? REFUSED_WAIT_MS);
    // Not all in the same moment again.
    tell(waitMs * (1 + Math.random() / 4));
  };
  response.on('end', done);
  response.on('close', done);
  response.on('error', done);
}
