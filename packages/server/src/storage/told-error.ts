import { AppError } from '../lib/app-error.ts';
import { errorCode, isAway } from './postgres.ts';

/** What the database answers to a text it cannot hold: a NUL, or bytes that are no UTF-8. */
const UNSTORABLE_STATES: ReadonlySet<string> = new Set(['22021', '22P05']);

/** A statement that ran out of its time, most often behind somebody else's lock. */
const CANCELLED_STATE = '57014';

/** How long a caller should wait for a database that is away. */
const AWAY_RETRY_MS = 1_000;

/** What a caller is told of anything thrown while answering: the same at every door. Faults keep their details to the log. */
export function toldError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isAway(error)) {
    const details = { retryAfterMs: AWAY_RETRY_MS, level: 'warn', cause: error } as const;
    return new AppError('busy', 'unable to answer; the database is away', details);
  }
  if (errorCode(error) === CANCELLED_STATE) {
    const details = { retryAfterMs: AWAY_RETRY_MS, level: 'warn', cause: error } as const;
    return new AppError('unavailable', 'unable to answer; the database took too long', details);
  }
  if (UNSTORABLE_STATES.has(errorCode(error) ?? '')) {
    return new AppError('bad_text', 'unable to answer; a text holds characters that cannot be stored', {
      cause: error,
    });
  }
  return new AppError('internal', 'unable to answer; the server met a fault and logged it', { cause: error });
}
