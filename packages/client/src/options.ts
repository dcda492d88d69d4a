import type { Runtime } from './runtime.ts';
import type { WebSocketClass } from './socket.ts';
import type { ClientStorage } from './storage.ts';
import type { TokenSource } from './token.ts';
import type { WakeSource } from './wake.ts';

/** Where the socket lives below the server's address. */
const SOCKET_PATH = 'v1/socket';

export interface ClientOptions {
  /** The server's address, such as `https://chat.example.org`. */
  readonly url: string;
  /** A session token, API key or JWT, or a function that gets a fresh one for each connect. */
  readonly token: TokenSource;
  /** The WebSocket class; needed where there is no global one, as in Node 20 (pass that of the `ws` package). */
  readonly WebSocket?: WebSocketClass | undefined;
  /** What must outlive the client: unsent messages and the cursors of bots. In memory unless given. One storage per user. */
  readonly storage?: ClientStorage | undefined;
  /** Name and version of the application, for the user's list of sessions. */
  readonly userAgent?: string | undefined;
  /** How long a call may take, waiting for a connection included. */
  readonly requestTimeoutMs?: number | undefined;
  /** Messages that may wait to be sent. */
  readonly maxQueued?: number | undefined;
  /** Unanswered sends per channel. 1 keeps the order of a channel whatever happens; more is faster over a long way. */
  readonly sendWindow?: number | undefined;
  /** Hints about the network; those of the browser unless given. */
  readonly wake?: WakeSource | undefined;
  /** Clock, timers, random numbers and ids, for simulations. */
  readonly runtime?: Partial<Runtime> | undefined;
}

/** The socket's address below the server's; throws when that is not an address. */
export function socketUrlOf(url: string): string {
  const base = baseUrl(url);
  const socket = new URL(SOCKET_PATH, base);
  socket.protocol = base.protocol === 'https:' || base.protocol === 'wss:' ? 'wss:' : 'ws:';
  return socket.href;
}

/** The address of a REST route; `path` without a slash at its start. */
export function restUrlOf(url: string, path: string): string {
  const rest = new URL(`v1/${path}`, baseUrl(url));
  if (rest.protocol === 'ws:') rest.protocol = 'http:';
  if (rest.protocol === 'wss:') rest.protocol = 'https:';
  return rest.href;
}

function baseUrl(url: string): URL {
  return new URL(url.endsWith('/') ? url : `${url}/`);
}
