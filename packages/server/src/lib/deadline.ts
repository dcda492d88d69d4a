import type { Clock, Timer } from './clock.ts';

/**
 * Calls `onLate` when `delayMs` are over and the event loop has looked once more at what has arrived. A loop that was held
 * up sees its timers first, and what was answered long ago would count as late.
 */
export function startDeadline(clock: Clock, delayMs: number, onLate: () => void): Timer {
  let timer = clock.setTimeout(() => {
    timer = clock.setTimeout(onLate, 0);
  }, delayMs);
  return { cancel: () => timer.cancel() };
}
