import type pg from 'pg';
import type { Config } from '../config/settings.ts';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { refusePromoted } from '../embedded/promoted.ts';
import type { Logger } from '../monitoring/logger.ts';

export interface ConnectedDatabase {
  readonly connection: pg.PoolConfig;
  /** For people: which database this is. */
  readonly description: string;
  /** Resolves when an embedded PostgreSQL has ended without being told to. */
  readonly lost: Promise<'lost'>;
  stop(): Promise<void>;
}

/** The operator's PostgreSQL where `DATABASE_URL` names one, else a private one in the data directory. */
export async function connectDatabase(
  config: Config,
  logger: Logger,
  signal?: AbortSignal,
): Promise<ConnectedDatabase> {
  if (config.databaseUrl !== undefined) {
    return {
      connection: { connectionString: config.databaseUrl },
      description: 'PostgreSQL of DATABASE_URL',
      lost: new Promise(() => {}),
      stop: () => Promise.resolve(),
    };
  }
  refusePromoted(config.dataDir);
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (line) => logger.debug({ postgres: line }, 'postgres'),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    connection: postgres.connectionConfig,
    description: `embedded PostgreSQL ${postgres.serverVersion}`,
    lost: postgres.exited.then(() => 'lost' as const),
    stop: () => postgres.stop(),
  };
}
