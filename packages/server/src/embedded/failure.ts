import { StartError } from '../lib/start-error.ts';

/** Turns what a PostgreSQL program printed before it gave up into one clear refusal. */
export function explainOutput(task: string, lines: readonly string[], cause?: unknown): StartError {
  if (lines.some((line) => /No space left on device|Check free disk space/.test(line))) return diskFull(task, cause);
  const stranger = lines.find((line) => line.includes('could not look up effective user ID'));
  if (stranger !== undefined) return userUnknown(task, /\d+/.exec(stranger)?.[0] ?? '', cause);
  // The first fault is the cause, later ones follow from it.
  const faults = lines.flatMap((line) => /(?:FATAL|PANIC|error): +(.+)/.exec(line)?.[1] ?? []);
  const reason = faults[0] ?? lines.at(-1);
  return new StartError({
    code: 'postgres_failed',
    message: `unable to ${task}; ${reason ?? 'PostgreSQL ended without a word'}`,
    hint: 'Read the lines that PostgreSQL printed above, or set DATABASE_URL to a PostgreSQL of your own.',
    cause,
  });
}

/** Gives errors of our own file work their clear form; what is not known passes unchanged. */
export function explainError(task: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (error instanceof StartError || !(error instanceof Error)) return error;
  // 53100 is PostgreSQL's own disk_full.
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') return diskFull(task, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StartError({
      code: 'data_dir_unusable',
      message: `unable to ${task}; ${error.message}`,
      hint: 'Choose a data directory that this user may write, or correct its permissions.',
      cause: error,
    });
  }
  return error;
}

function diskFull(task: string, cause: unknown): StartError {
  return new StartError({
    code: 'disk_full',
    message: `unable to ${task}; no space left on the device`,
    hint: 'Free some space (a fresh database needs about 100 MB), then start again: nothing acknowledged was lost.',
    cause,
  });
}

/** Containers may run under a number that no user has; `initdb`, unlike PostgreSQL itself, wants a name for it. */
function userUnknown(task: string, uid: string, cause: unknown): StartError {
  return new StartError({
    code: 'user_unknown',
    message: `unable to ${task}; user id ${uid} has no entry in the user database`,
    hint: 'Start as a user that /etc/passwd knows, or set DATABASE_URL to a PostgreSQL of your own.',
    cause,
  });
}
