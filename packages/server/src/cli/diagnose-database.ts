import type { Config } from '../config/settings.ts';
import { AppError } from '../lib/app-error.ts';
import { StartError } from '../lib/start-error.ts';
import { migrationStates } from '../storage/migrate.ts';
import { type Database, query } from '../storage/postgres.ts';
import { inspectDatabase } from '../storage/server-state.ts';
import { diagnoseBackup } from './diagnose-backup.ts';
import { type Finding, failed, warning, well } from './diagnosis.ts';

/** A clock that is further off makes times of messages look wrong. */
const CLOCK_WARNING_MS = 2_000;
/** Migrating and asking as the doctor does, besides a node's own. */
const OTHER_CONNECTIONS = 5;

/** All that can be asked of a database that answers. */
export async function diagnoseDatabase(db: Database, config: Config): Promise<Finding[]> {
  return [
    await diagnoseServer(db),
    await diagnoseConnections(db, config),
    await diagnoseClock(db),
    await diagnoseSchema(db),
    await diagnoseBackup(db, config),
  ];
}

/** What is told when the database cannot be reached. */
export function databaseAway(error: unknown): Finding {
  const advice =
    error instanceof StartError
      ? error.hint
      : 'Check DATABASE_URL, that PostgreSQL runs, and that it lets this machine in.';
  return failed(
    'database',
    error instanceof Error && error.message !== '' ? error.message : 'it cannot be reached',
    advice,
  );
}

async function diagnoseServer(db: Database): Promise<Finding> {
  try {
    const { version, durable } = await inspectDatabase(db, true);
    const found = `PostgreSQL ${version}`;
    if (durable) return well('database', `${found}, keeps what it commits`);
    return failed(
      'database',
      `${found}, may lose what it has committed`,
      'Turn fsync, full_page_writes and synchronous_commit on.',
    );
  } catch (error) {
    if (error instanceof StartError || error instanceof AppError) return databaseAway(error);
    throw error;
  }
}

async function diagnoseConnections(db: Database, { databasePool, writerLanes }: Config): Promise<Finding> {
  const [row] = await query<{ most: number }>(
    db,
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most`,
  );
  const most = row?.most ?? 0;
  const needed = databasePool + writerLanes + OTHER_CONNECTIONS;
  const found = `${most} allowed; a node takes up to ${needed}`;
  if (most >= needed) return well('connections', found);
  return failed('connections', found, 'Raise max_connections of PostgreSQL, or lower PARLEY_DATABASE_POOL.');
}

async function diagnoseClock(db: Database): Promise<Finding> {
  const asked = Date.now();
  const [row] = await query<{ at: number }>(db, 'SELECT clock_timestamp() AS at');
  const answered = Date.now();
  const at = row?.at ?? Number.NaN;
  const off = Math.max(0, asked - at, at - answered);
  const found = `${Math.round(off)} ms from the database's`;
  if (off < CLOCK_WARNING_MS) return well('clock', found);
  return warning('clock', found, 'Let both machines keep the time by NTP.');
}

async function diagnoseSchema(db: Database): Promise<Finding> {
  const states = await migrationStates(db);
  const waiting = states.filter(({ ranAt }) => ranAt === null).length;
  if (waiting === 0) return well('schema', `all ${states.length} migrations have run`);
  return warning('schema', `${waiting} migrations have not run`, 'Run `parley migrate up`, or start the server.');
}
