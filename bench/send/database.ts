import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { startEmbeddedPostgres } from '../../packages/server/src/embedded/embedded-postgres.ts';
import { migrateUp } from '../../packages/server/src/storage/migrate.ts';
import { openPostgres, type Postgres, query } from '../../packages/server/src/storage/postgres.ts';
import { familyCpuSeconds } from '../processes.ts';

/** Users and channels of a bench: channel i has the members i and i + 1, round in a ring. */
export interface Seeded {
  users: string[];
  channels: string[];
}

/** A private, migrated database on the embedded PostgreSQL; gone after `remove`. */
export interface BenchDatabase extends Postgres {
  /** Where it is. */
  readonly connection: pg.PoolConfig;
  seed: (count: number) => Promise<Seeded>;
  /** Statements that PostgreSQL has run, and the seconds of processor of its processes that still run. */
  used: () => Promise<{ statements: number; seconds: number }>;
  remove: () => Promise<void>;
}

export async function openBenchDatabase(maxConnections: number): Promise<BenchDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const server = await startEmbeddedPostgres({ dataDir, settings: { shared_preload_libraries: 'pg_stat_statements' } });
  const postgres = openPostgres({
    connection: server.connectionConfig,
    maxConnections,
    // Filling takes as long as the machine is slow.
    statementTimeoutMs: 600_000,
    onError: () => {},
  });
  await migrateUp(postgres.db);
  await query(postgres.db, 'CREATE EXTENSION pg_stat_statements');
  return {
    ...postgres,
    connection: server.connectionConfig,
    seed: (count) => seed(postgres, count),
    used: () => used(postgres, dataDir),
    async remove() {
      await postgres.close();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Builds an index with the memory that an operator would give it. */
export async function buildIndex({ db }: Pick<Postgres, 'db'>, definition: string): Promise<void> {
  await db.connection().execute(async (connection) => {
    await query(connection, `SET maintenance_work_mem = '1GB'`);
    await query(connection, definition);
    await query(connection, 'RESET maintenance_work_mem');
  });
}

async function seed({ db }: Postgres, count: number): Promise<Seeded> {
  const idsOf = (rows: { id: string }[]): string[] => rows.map((row) => row.id);
  const users = idsOf(
    await query(
      db,
      `INSERT INTO users (id, username, display_name)
       SELECT gen_random_uuid(), 'bench-' || n, 'Bench ' || n FROM generate_series(1, $1::int) n RETURNING id`,
      [count],
    ),
  );
  const channels = idsOf(
    await query(
      db,
      `INSERT INTO channels (id, kind, name, root_id, last_rev, member_count)
       SELECT one.id, 'private', 'bench ' || one.id, one.id, 2, 2
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one RETURNING id`,
      [count],
    ),
  );
  for (const step of [0, 1]) {
    await query(
      db,
      `INSERT INTO channel_members (channel_id, user_id, role, rev)
       SELECT c, u, 'member', $3::bigint FROM unnest($1::uuid[], $2::uuid[]) AS m(c, u)`,
      [channels, users.map((_, index) => users[(index + step) % count]), step + 1],
    );
  }
  return { users, channels };
}

async function used({ db }: Postgres, dataDir: string): Promise<{ statements: number; seconds: number }> {
  const [row] = await query<{ calls: number }>(db, 'SELECT sum(calls)::bigint AS calls FROM pg_stat_statements');
  const postmaster = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  return { statements: row?.calls ?? Number.NaN, seconds: familyCpuSeconds(postmaster) };
}
