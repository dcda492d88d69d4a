import type { Clock, Timer } from '../lib/clock.ts';
import { type Database, query } from '../storage/postgres.ts';
import { purgeSessions } from './session-store.ts';

/** Removes what has expired this often; it is refused from its first moment, so this only saves space. */
const PERIOD_MS = 3_600_000;
/** Rows of one statement, so that none holds its locks for long. */
const BITE = 5_000;

export interface UpkeepPorts {
  readonly db: Database;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

/** Removes expired sessions and the marks of host tokens that have ended by themselves. */
export async function purgeCredentials(db: Database, nowMs: number): Promise<void> {
  while ((await purgeSessions(db, nowMs, BITE)) === BITE);
  await query(db, 'DELETE FROM revoked_tokens WHERE expires_at < $1', [new Date(nowMs)]);
}

/** Purges once an hour until cancelled. Several nodes doing so is harmless. */
export function startUpkeep(ports: UpkeepPorts): Timer {
  const { db, clock } = ports;
  return clock.setInterval(() => {
    purgeCredentials(db, clock.now()).catch((error: unknown) => ports.onFault(error));
  }, PERIOD_MS);
}
