import type { Session } from '../session/session.ts';

/** Time from the upgrade to a user; traffic does not extend it. */
const HELLO_DEADLINE_S = 5;

/** Sessions that are brought up to date at once: enough to share statements, few enough that none waits long for the database. */
const MOST_AT_ONCE = 200;
/** How long one of them may count. */
const LONGEST_S = 10;

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

/**
 * How many more can be brought up to date now; forgets those who are. Sockets that have not said hello are nobody's burden
 * but their own, and who does not take what he is sent stands in nobody's way for long.
 */
export function openingRoom(coming: Set<Session>, nowS: number): number {
  if (coming.size < MOST_AT_ONCE) return MOST_AT_ONCE - coming.size;
  let count = 0;
  for (const session of coming) {
    if (session.isInSync || !session.isOpen || session.openedAtS < nowS - LONGEST_S) coming.delete(session);
    else if (session.state !== 'opening') count += 1;
  }
  return MOST_AT_ONCE - count;
}
