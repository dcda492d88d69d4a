/**
 * The whole environment of PostgreSQL's processes. Nothing of ours is handed down: PG* variables would change what they
 * do, and secrets of the server are not theirs. English messages are needed to tell a full disk from other faults.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  // Windows programs do not start without SystemRoot and its kin.
  if (process.platform === 'win32') return { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  return { LC_ALL: 'C', TZ: 'UTC' };
}
