import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';

/** How tests reach the private PostgreSQL of this test run. */
export interface TestPostgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testPostgres: TestPostgres;
  }
}

/** Tests make many small databases with many pools, and a lost test database is no loss. */
const TEST_SETTINGS = { fsync: 'off', max_connections: '300', shared_buffers: '64MB', autovacuum_naptime: '10min' };

/** The part of vitest's project that a global setup hands values to its tests with. */
interface Provider {
  provide(key: 'testPostgres', value: TestPostgres): void;
}

/**
 * Global setup of the integration tests: one private PostgreSQL for the run, on a temporary directory. With
 * `PARLEY_TEST_PG=15` (or an absolute folder of programs) it is that PostgreSQL instead of the packaged one.
 */
export async function setup(project: Provider): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-test-'));
  const binDir = testBinDir(process.env.PARLEY_TEST_PG);
  const postgres = await startEmbeddedPostgres({ dataDir, binDir, settings: TEST_SETTINGS });
  const { host = '', port = 0, user = '' } = postgres.connectionConfig;
  project.provide('testPostgres', { host, port, user });
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

function testBinDir(wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted === '') return undefined;
  const binDir = wanted.startsWith('/') ? wanted : `/usr/lib/postgresql/${wanted}/bin`;
  if (!existsSync(join(binDir, 'postgres'))) throw new Error(`unable to test on PostgreSQL ${wanted}; no ${binDir}`);
  return binDir;
}
