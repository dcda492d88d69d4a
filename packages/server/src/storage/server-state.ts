import { StartError } from '../lib/start-error.ts';
import { type Database, query } from './postgres.ts';

/** The oldest PostgreSQL whose SQL we use, as `server_version_num` says it. */
const OLDEST_VERSION = 140_000;

/** The name of this history of revs; another one means that revs seen by clients are void. */
export async function readEpoch(db: Database): Promise<string> {
  const row = await db.selectFrom('server_state').select('value').where('key', '=', 'epoch').executeTakeFirstOrThrow();
  return String(row.value);
}

export interface DatabaseFacts {
  readonly version: string;
  /** False when commits are not flushed: an acknowledged message may then be lost with the machine. */
  readonly durable: boolean;
}

/** Refuses a database that is too old, or one that does not keep what it commits unless that was asked for. */
export async function inspectDatabase(db: Database, allowUnsafe: boolean): Promise<DatabaseFacts> {
  const rows = await query<{ number: number; version: string; fsync: string; commit: string; pages: string }>(
    db,
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
            current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages`,
  );
  const facts = rows[0];
  if (facts === undefined) throw new Error('the database gave no settings');
  if (facts.number < OLDEST_VERSION) {
    throw new StartError({
      code: 'database_too_old',
      message: `unable to use PostgreSQL ${facts.version}; 14 is the oldest that works`,
      hint: 'Upgrade the server that DATABASE_URL names, or leave DATABASE_URL out to use the embedded one.',
    });
  }
  const durable = facts.fsync === 'on' && facts.commit !== 'off' && facts.pages === 'on';
  if (!durable && !allowUnsafe) {
    throw new StartError({
      code: 'database_not_durable',
      message:
        'unable to promise that messages are kept; PostgreSQL runs with fsync, full_page_writes or synchronous_commit off',
      hint: 'Turn them on, or set PARLEY_ALLOW_UNSAFE_DATABASE=true if losing acknowledged messages is acceptable.',
    });
  }
  return { version: facts.version, durable };
}
