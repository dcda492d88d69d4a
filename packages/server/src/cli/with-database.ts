import { join, resolve } from 'node:path';
import type pg from 'pg';
import { SNAPSHOTS, type UpgradeOptions, upgradeDatabase } from '../backup/upgrade.ts';
import { readConfig } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { socketEndpoint } from '../embedded/endpoint.ts';
import { StartError } from '../lib/start-error.ts';
import { VERSION } from '../lib/version.ts';
import { demandCompatible } from '../storage/migrate.ts';
import { type Database, openPostgres } from '../storage/postgres.ts';
import type { Terminal } from './terminal.ts';

const STATEMENT_TIMEOUT_MS = 30_000;

/** What a command that works on the database is given. */
export interface CliDatabase {
  readonly db: Database;
  readonly config: Config;
}

/** What a command needs of the database. */
export interface DatabaseNeeds {
  /** `any`: as it is; only for commands that look at the schema itself. */
  readonly schema?: 'newest' | 'any';
  /** 0: as long as it takes. */
  readonly statementTimeoutMs?: number;
}

interface Source {
  readonly connection: pg.PoolConfig;
  /** True when nobody else can be using the database, so that it may be brought to the newest schema. */
  readonly isOurs: boolean;
  stop(): Promise<void>;
}

/**
 * Runs a command on the database: that of `DATABASE_URL`, else the embedded one of the data directory, beside a server
 * that runs there or, where none does, on a PostgreSQL started for the purpose.
 */
export async function withDatabase<Result>(
  terminal: Terminal,
  work: (database: CliDatabase & { readonly pool: pg.Pool }) => Promise<Result>,
  { schema = 'newest', statementTimeoutMs = STATEMENT_TIMEOUT_MS }: DatabaseNeeds = {},
): Promise<Result> {
  const config = readConfig(terminal.env);
  const source = await connect(config);
  const postgres = openPostgres({
    connection: source.connection,
    maxConnections: 2,
    statementTimeoutMs,
    onError: () => {},
  });
  try {
    if (schema === 'newest') {
      await (source.isOurs ? bringToNewest(source.connection, config) : demandNewestSchema(postgres.db));
    }
    return await work({ db: postgres.db, pool: postgres.pool, config });
  } finally {
    await postgres.close();
    await source.stop();
  }
}

/** As a start does it: with a snapshot, and however long it takes. */
async function bringToNewest(connection: pg.PoolConfig, config: Config): Promise<void> {
  const postgres = openPostgres({ connection, maxConnections: 2, statementTimeoutMs: 0, onError: () => {} });
  try {
    await upgradeDatabase({ postgres, ...upgradeOptionsOf(config) });
  } finally {
    await postgres.close();
  }
}

/** Where the snapshot of an upgrade goes, and how many are kept. */
export function upgradeOptionsOf(config: Config): Omit<UpgradeOptions, 'postgres'> {
  return {
    directory: join(resolve(config.dataDir), SNAPSHOTS),
    keep: config.upgradeSnapshots,
    serverVersion: VERSION,
  };
}

async function connect(config: Config): Promise<Source> {
  const stop = () => Promise.resolve();
  if (config.databaseUrl !== undefined) {
    return { connection: { connectionString: config.databaseUrl }, isOurs: false, stop };
  }
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir });
    return { connection: postgres.connectionConfig, isOurs: true, stop: () => postgres.stop() };
  } catch (error) {
    // A server runs there: its database is reached by the same socket, by those who may enter the directory.
    const isRunning = error instanceof StartError && error.code === 'data_dir_in_use' && process.platform !== 'win32';
    if (!isRunning) throw error;
    return { connection: socketEndpoint(resolve(config.dataDir)).config, isOurs: false, stop };
  }
}

async function demandNewestSchema(db: Database): Promise<void> {
  const waiting = await demandCompatible(db);
  if (waiting.length === 0) return;
  throw new StartError({
    code: 'schema_behind',
    message: `unable to work on the database; ${waiting.length} migrations have not run`,
    hint: 'Run `parley migrate up`, or start the server once.',
  });
}
