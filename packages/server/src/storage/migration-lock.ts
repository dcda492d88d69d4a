import { setTimeout as delay } from 'node:timers/promises';

/** How often whoever waits for a lock asks again. */
const POLL_MS = 100;

/** Runs a statement and gives its one value, on the connection that is to hold the lock. */
type Ask = (text: string, values: readonly string[]) => Promise<unknown>;

/**
 * Runs work while no other connection runs work under the same name. Who waits asks again and again: a statement that waits
 * holds a snapshot, and an index that is built beside those who write waits for every snapshot there is.
 */
export async function alone<Result>(ask: Ask, name: string, work: () => Promise<Result>): Promise<Result> {
  while ((await ask('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS value', [name])) !== true)
    await delay(POLL_MS);
  try {
    return await work();
  } finally {
    // A connection that is lost has lost the lock, too.
    await ask('SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS value', [name]).catch(() => {});
  }
}
