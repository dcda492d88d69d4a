import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for any machine; reaching it is a failure, never a result. */
const DEADLINE_MS = 45_000;
const POLL_MS = 10;

/** Waits until `probe` gives something other than undefined or false, and gives that; fails after 45 s. */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(POLL_MS);
  }
}
