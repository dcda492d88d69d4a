import type { Session } from '../session/session.ts';

/** Sessions that are brought up to date at once: enough to share statements, few enough that none waits long for the database. */
const MOST_AT_ONCE = 200;
/** How long one of them may count. */
const LONGEST_S = 10;

/**
 * Those who have said hello and are not up to date yet. Sockets that have said nothing are nobody's burden but their own, and
 * who does not take what he is sent stands in nobody's way for long.
 */
export class Newcomers {
  /** Seconds on the gateway's clock at which each said hello, the earliest first. */
  readonly #since = new Map<Session, number>();

  /** A session has said hello. */
  come(session: Session, nowS: number): void {
    this.#since.set(session, nowS);
  }

  /** It is up to date, or has ended. */
  go(session: Session): void {
    this.#since.delete(session);
  }

  /** How many more can be brought up to date now; never below 0. */
  room(nowS: number): number {
    for (const [session, sinceS] of this.#since) {
      if (sinceS >= nowS - LONGEST_S) break;
      this.#since.delete(session);
    }
    return Math.max(0, MOST_AT_ONCE - this.#since.size);
  }
}
