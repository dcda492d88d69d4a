import { running } from './run-client.ts';

/** The first screen is drawn in this time once there is a connection. */
const QUIET_MS = 1_500;
/** Whoever never rests gets it all the same. */
const MAX_WAIT_MS = 5_000;

/** Does what can wait: when the first connect has succeeded or failed, the first screen is there and the browser has nothing to do. */
export function afterStart(work: () => void): void {
  const connection = running.getSnapshot()?.client.connection;
  if (connection === undefined) return rest(work);
  const isStarting = () => ['idle', 'connecting'].includes(connection.getSnapshot().current);
  if (!isStarting()) return rest(work);
  const stop = connection.subscribe(() => {
    if (isStarting()) return;
    stop();
    rest(work);
  });
}

function rest(work: () => void): void {
  const idle = window.requestIdleCallback ?? ((then: () => void) => setTimeout(then, 0));
  setTimeout(() => idle(work, { timeout: MAX_WAIT_MS }), QUIET_MS);
}
