import type { Session } from '../session/session.ts';

/** Time from the upgrade to a user; traffic does not extend it. */
const HELLO_DEADLINE_S = 5;

/** How often sockets that open are looked at. */
export const OPENING_SWEEP_MS = 500;

/**
 * Ends sockets that have been opening for too long. Either the client is slow to say hello or this server is slow to check
 * it; a client that means well comes back after both.
 */
export function endLateOpeners(opening: Iterable<Session>, nowS: number): void {
  for (const session of opening) {
    if (session.openedAtS >= nowS - HELLO_DEADLINE_S) continue;
    if (session.state === 'opening') session.end('silent');
    else session.end('fault', 'unable to check the hello in time');
  }
}
