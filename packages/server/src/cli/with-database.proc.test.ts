import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { migrateDown } from '../storage/migrate.ts';
import { query } from '../storage/postgres.ts';
import { withDatabase } from './with-database.ts';

let dataDir: string;
beforeAll(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'parley-cli-')), 'data');
});
afterAll(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

const countUsers = () =>
  withDatabase(
    { env: { PARLEY_DATA_DIR: dataDir }, out: () => {}, readInput: () => Promise.resolve('') },
    async ({ db }) => {
      const [row] = await query<{ n: number }>(db, 'SELECT count(*)::int AS n FROM users');
      return row?.n;
    },
  );

test('works on a fresh directory, beside a running server, and after it', async () => {
  expect(await countUsers()).toBe(0);
  const server = await startEmbeddedPostgres({ dataDir });
  expect(await countUsers()).toBe(0);
  await server.stop();
  expect(await countUsers()).toBe(0);
});

test('[MIG6] a command on a directory that no server has is as careful as a start', async () => {
  await countUsers();
  const terminal = { env: { PARLEY_DATA_DIR: dataDir }, out: () => {}, readInput: () => Promise.resolve('') };
  await withDatabase(
    terminal,
    async ({ db }) => {
      await query(db, `INSERT INTO users (id, username, display_name) VALUES (gen_random_uuid(), 'ada', 'Ada')`);
      await migrateDown(db, 1);
    },
    { schema: 'any' },
  );
  expect(await countUsers()).toBe(1);
  expect(readdirSync(join(dataDir, 'snapshots'))).toHaveLength(1);
  expect(await countUsers()).toBe(1);
  expect(readdirSync(join(dataDir, 'snapshots'))).toHaveLength(1);
});
