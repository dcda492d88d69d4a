import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import './test-postgres.ts';

/** An empty database of one test or suite. */
export interface TestDatabase {
  /** For `pg.Pool` in this process. */
  readonly config: pg.PoolConfig;
  /** The same for a `DATABASE_URL`. */
  readonly connectionString: string;
  /** Removes it, and cuts who is still connected. */
  drop(): Promise<void>;
}

/** Creates a database on the test run's PostgreSQL: empty, or a copy of the database `template`. */
export async function createTestDatabase({ template }: { template?: string } = {}): Promise<TestDatabase> {
  const server = inject('testPostgres');
  const database = `test_${randomBytes(8).toString('hex')}`;
  const copy = template === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(template)}`;
  await administer(`CREATE DATABASE ${database}${copy}`);
  const host = encodeURIComponent(server.host);
  return {
    config: { ...server, database },
    connectionString: `postgresql://${server.user}@localhost:${server.port}/${database}?host=${host}`,
    drop: () => administer(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ ...inject('testPostgres'), database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
