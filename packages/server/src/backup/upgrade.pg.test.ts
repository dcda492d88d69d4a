import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../app.ts';
import { migrateCommand } from '../cli/migrate-command.ts';
import { rollbackCommand } from '../cli/rollback-command.ts';
import { runProgram } from '../cli/run-program.ts';
import { readConfig } from '../config/config.ts';
import { createLogger } from '../monitoring/logger.ts';
import { migrateDown, migrationStates } from '../storage/migrate.ts';
import { query } from '../storage/postgres.ts';
import { addUser, migratedDatabase } from '../testing/migrated-database.ts';
import { LAST_RELEASED, readReleasedSchema } from '../testing/released/released-schema.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { checkBackup } from './check-backup.ts';
import { DiskBackupFile } from './disk-backup.ts';

test('[MIG6] a start takes a snapshot before it migrates, and is under no time limit meanwhile', async () => {
  const database = await createTestDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  const client = new pg.Client(database.config);
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });
  await client.query(readReleasedSchema());
  await client.query(`INSERT INTO users (id, username, display_name) VALUES (gen_random_uuid(), 'ada', 'Ada')`);
  // Whoever changes the schema from now on leaves a note of how long he may take.
  await client.query(`CREATE SCHEMA notes CREATE TABLE seen (timeout text)`);
  await client.query(`CREATE FUNCTION notes.look() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO notes.seen VALUES (current_setting('statement_timeout')); END $$`);
  await client.query('CREATE EVENT TRIGGER look ON ddl_command_start EXECUTE FUNCTION notes.look()');
  const env = { PORT: '0', PARLEY_DATA_DIR: directory, PARLEY_ALLOW_UNSAFE_DATABASE: 'true' };
  const app = await createApp({
    config: readConfig(env),
    connection: database.config,
    logger: createLogger('silent', 'test'),
  });
  await app.close();
  const { rows } = await client.query('SELECT DISTINCT timeout FROM notes.seen');
  expect(rows).toEqual([{ timeout: '0' }]);
  const [snapshot, ...others] = readdirSync(join(directory, 'snapshots'));
  expect(others).toEqual([]);
  const { header, manifest } = await checkBackup(new DiskBackupFile(join(directory, 'snapshots', String(snapshot))));
  expect(header.migrations.at(-1)).toBe(LAST_RELEASED);
  expect(manifest.tables).toMatchObject({ users: 1 });
});

test('[MIG6] an upgrade of a database with data begins with a snapshot, and rollback takes it back', async () => {
  const database = await migratedDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  onTestFinished(async () => {
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });
  const parley = async (line: string, keep = '2') => {
    let out = '';
    const terminal = {
      env: {
        DATABASE_URL: database.database.connectionString,
        PARLEY_DATA_DIR: directory,
        PARLEY_UPGRADE_SNAPSHOTS: keep,
      },
      out: (text: string) => {
        out += text;
      },
      readInput: () => Promise.resolve(''),
    };
    const program = new Command('parley').addCommand(migrateCommand(terminal)).addCommand(rollbackCommand(terminal));
    let complaint = '';
    const code = await runProgram(program, line.split(' '), (text) => {
      complaint += text;
    });
    return { code, out, complaint };
  };
  const snapshots = join(directory, 'snapshots');
  const waiting = async () => (await migrationStates(database.db)).filter(({ ranAt }) => ranAt === null).length;

  await migrateDown(database.db, 2);
  await parley('migrate up');
  expect([readdirSync(directory), await waiting()]).toEqual([[], 0]);

  await addUser(database, 'ada');
  expect((await parley('rollback')).out).toBe('nothing to do\n');
  await migrateDown(database.db, 2);
  await parley('migrate up', '0');
  expect([readdirSync(directory), await waiting()]).toEqual([[], 0]);

  await migrateDown(database.db, 2);
  writeFileSync(snapshots, 'in the way');
  expect((await parley('migrate up')).code).not.toBe(0);
  expect(await waiting()).toBe(2);
  rmSync(snapshots);

  const upgrades = await Promise.all([parley('migrate up'), parley('migrate up')]);
  expect(upgrades.map(({ complaint }) => complaint)).toEqual(['', '']);
  const [first, ...others] = readdirSync(snapshots);
  expect([others, await waiting()]).toEqual([[], 0]);
  const { manifest } = await checkBackup(new DiskBackupFile(join(snapshots, String(first))));
  expect(manifest.tables).toMatchObject({ users: 1 });

  await addUser(database, 'bob');
  const back = await parley('rollback');
  expect([back.code, back.out.match(/^undid /gm)?.length]).toEqual([0, 2]);
  expect(back.out).toContain(String(first));
  expect(await waiting()).toBe(2);
  expect(await query(database.db, 'SELECT FROM users')).toHaveLength(2);
  expect((await parley('rollback')).out).toBe('nothing to do\n');

  for (let upgrade = 0; upgrade < 2; upgrade++) {
    await parley('migrate up');
    await parley('rollback');
  }
  const kept = readdirSync(snapshots);
  expect([kept.length, kept.includes(String(first))]).toEqual([2, false]);

  await parley('migrate up');
  await query(database.db, 'DROP TABLE webhook_deliveries');
  const failed = await parley('rollback');
  expect([failed.code, failed.complaint]).toEqual([1, expect.stringContaining('Only the snapshot helps')]);
});
