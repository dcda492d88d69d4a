import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../config/config.ts';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { createLogger } from '../monitoring/logger.ts';
import { migrateUp } from '../storage/migrate.ts';
import { openPostgres, type Postgres, query } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { addChannel, addUser } from '../testing/migrated-database.ts';
import { runParley } from '../testing/run-parley.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { connectDatabase } from './connect-database.ts';
import { promoteCommand } from './promote-command.ts';

let dataDir: string;
let target: TestDatabase;
let epoch: string;

/** A data directory with a user, a channel and a sign-in. */
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'parley-promote-'));
  target = await createTestDatabase();
  const embedded = await startEmbeddedPostgres({ dataDir });
  const source = open(embedded.connectionConfig);
  await migrateUp(source.db);
  const ada = await addUser(source, 'ada', 'owner');
  await addChannel(source, [ada]);
  await query(source.db, `INSERT INTO server_state (key, value) VALUES ('of_this_test', '"kept"')`);
  epoch = await readEpoch(source.db);
  await source.close();
  await embedded.stop();
});
afterEach(async () => {
  await target.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function open(connection: Parameters<typeof openPostgres>[0]['connection']): Postgres {
  return openPostgres({ connection, maxConnections: 2, statementTimeoutMs: 20_000, onError: () => {} });
}

function promote(url: string | undefined = target.connectionString) {
  const env = { PARLEY_DATA_DIR: dataDir, ...(url === '' ? {} : { DATABASE_URL: url }) };
  return runParley([promoteCommand], ['promote', '--json'], env);
}

async function onTarget<Result>(work: (postgres: Postgres) => Promise<Result>): Promise<Result> {
  const postgres = open(target.config);
  try {
    return await work(postgres);
  } finally {
    await postgres.close();
  }
}

test('[BAK8] everything is in the new database, with its epoch; the directory refuses to start from then on', async () => {
  const promoted = await promote();
  expect(promoted, promoted.complaint).toMatchObject({ code: 0 });
  expect(JSON.parse(promoted.out)).toMatchObject({ epoch, sound: true, wasThere: false });
  await onTarget(async ({ db }) => {
    expect(await readEpoch(db)).toBe(epoch);
    expect(await query(db, 'SELECT username FROM users')).toEqual([{ username: 'ada' }]);
    expect(await query(db, `SELECT value FROM server_state WHERE key = 'of_this_test'`)).toEqual([{ value: 'kept' }]);
  });
  expect(readdirSync(dataDir).filter((name) => name.startsWith('promote.'))).toEqual([]);
  const config = readConfig({ PARLEY_DATA_DIR: dataDir });
  await expect(connectDatabase(config, createLogger('silent', 'test'))).rejects.toMatchObject({
    code: 'data_dir_promoted',
  });
  expect((await promote()).complaint).toContain('moved to');
});

test('[BAK8] a promotion that was killed is finished by the next one', async () => {
  // Killed after the commit: only the mark is missing.
  await promote();
  rmSync(join(dataDir, 'promoted.json'));
  const again = await promote();
  expect(again, again.complaint).toMatchObject({ code: 0 });
  expect(JSON.parse(again.out)).toMatchObject({ wasThere: true, sound: true });
  expect(existsSync(join(dataDir, 'promoted.json'))).toBe(true);
});

test('[BAK8] a promotion that was killed before its commit has left only a schema, and is done again', async () => {
  await onTarget(({ db }) => migrateUp(db));
  expect((await promote()).code).toBe(0);
  await onTarget(async ({ db }) => expect(await readEpoch(db)).toBe(epoch));
});

test('[BAK8] a database that holds something else is left alone, and so is a directory that is in use', async () => {
  await onTarget(async (postgres) => {
    await migrateUp(postgres.db);
    await addUser(postgres, 'somebody-else');
  });
  expect((await promote()).complaint).toContain('not empty');
  expect(existsSync(join(dataDir, 'promoted.json'))).toBe(false);
  expect((await promote('')).complaint).toContain('DATABASE_URL');
  const running = await startEmbeddedPostgres({ dataDir });
  try {
    expect((await promote()).code).toBe(1);
  } finally {
    await running.stop();
  }
});
