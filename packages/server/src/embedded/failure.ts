import { StartError } from '../lib/start-error.ts';

/** Turns what a PostgreSQL program printed before it gave up into one clear refusal. */
export function explainOutput(task: string, lines: readonly string[], cause?: unknown): StartError {
  if (lines.some((line) => line.includes('No space left on device'))) return diskFull(task, cause);
  const reason = lines.findLast((line) => /^(FATAL|PANIC|initdb: error): /.test(line)) ?? lines.at(-1);
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
