/**
 * Codes that end a socket. The range alone says what a client does next:
 * 4000-4499 connect again and resume; 4500-4999 do not connect again by yourself. Of the registered codes, 1000, 1008 and 1009 are final.
 */
export const CLOSE_CODES = {
  /** The node is shutting down; another one will take the session. */
  draining: 4000,
  /** The socket did not take its data in time; resume brings what it missed. */
  slow: 4001,
  /** No sign of life within the heartbeat's deadline, or no `hello` within its own; such a socket is torn down. */
  silent: 4002,
  /** Too many connections or connects just now; the reason holds `retryAfterMs`. */
  full: 4003,
  /** A fault of the server while serving this socket. */
  fault: 4004,
  /** The server's view of this socket is stale (for example after it lost its bus); connect again and resume. */
  stale: 4005,
  /** The token is not valid. */
  unauthenticated: 4500,
  /** The session was logged out, revoked or has expired. */
  revoked: 4501,
  /** The account was deactivated. */
  deactivated: 4502,
  /** The client speaks a wire version that this server no longer serves. */
  version: 4503,
  /** The client broke the protocol: not JSON, binary, a frame before `hello`, or too many malformed frames. */
  protocol: 4504,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

/** Close codes outside our ranges after which reconnecting cannot help: normal closure, policy violation, message too big. */
const FINAL_REGISTERED_CODES: ReadonlySet<number> = new Set([1000, 1008, 1009]);

/** True when a client should connect again after this close code. */
export function mayReconnect(code: number): boolean {
  if (code >= 4500 && code <= 4999) return false;
  return !FINAL_REGISTERED_CODES.has(code);
}
