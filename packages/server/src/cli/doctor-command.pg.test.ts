import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { migrateDown, migrateUp } from '../storage/migrate.ts';
import { query } from '../storage/postgres.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { runParley } from '../testing/run-parley.ts';
import { diagnoseFlags } from './diagnose-flags.ts';
import { diagnoseNode, diagnoseWeb } from './diagnose-machine.ts';
import { doctorCommand } from './doctor-command.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

async function doctor(env: Record<string, string | undefined> = {}, line = 'doctor --json') {
  const ran = await runParley([doctorCommand], line.split(' '), {
    DATABASE_URL: database.database.connectionString,
    PARLEY_DATA_DIR: tmpdir(),
    PORT: '0',
    ...env,
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const of = (check: string): any =>
    (JSON.parse(ran.out) as { check: string }[]).find((finding) => finding.check === check);
  return { ...ran, of };
}

/** Something that answers on a port of the loopback address. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => void response.writeHead(status).end(body));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

test('[DOC1] looks at everything, and says what to do about what it finds', async () => {
  const { of, out } = await doctor();
  for (const check of ['Node', 'settings', 'disk', 'port', 'connections', 'clock', 'schema', 'redis', 'flags'])
    expect(of(check)).toMatchObject({ check, result: 'ok' });
  // The database of the tests does not flush.
  expect(of('database')).toMatchObject({ result: 'FAILED', advice: expect.stringContaining('fsync') });
  expect(of('backup')).toMatchObject({ result: 'warning', advice: expect.stringContaining('parley backup') });
  for (const finding of JSON.parse(out)) expect(finding.result === 'ok').toBe(finding.advice === undefined);
  const words = await doctor({}, 'doctor');
  expect([words.code, words.complaint]).toEqual([1, expect.stringContaining('database')]);
  expect(words.out).toContain('database: Turn fsync');
});

test('[DOC1] tells an own server, one that is not ready and a stranger on the port apart', async () => {
  const ready = await answering(200, '{"status":"ready","checks":{}}');
  expect((await doctor({ PORT: ready })).of('port')).toMatchObject({ result: 'ok' });
  const unready = await answering(503, '{"status":"not ready","checks":{"database":"failed"}}');
  expect((await doctor({ PORT: unready })).of('port')).toMatchObject({
    result: 'FAILED',
    found: expect.stringContaining('not ready'),
  });
  const stranger = await answering(200, 'hello');
  expect((await doctor({ PORT: stranger })).of('port')).toMatchObject({
    result: 'FAILED',
    advice: expect.stringContaining('PORT'),
  });
});

test('[DOC1] finds settings, a database and a schema that are not as they should be', async () => {
  expect((await doctor({ PORT: 'many' })).of('settings')).toMatchObject({ result: 'FAILED' });
  expect((await doctor({ PARLEY_NAMM: 'x' })).of('settings')).toMatchObject({ result: 'warning' });
  expect((await doctor({ PARLEY_DATABASE_POOL: '500' })).of('connections')).toMatchObject({ result: 'FAILED' });
  expect((await doctor({ PARLEY_MAX_CONNECTIONS: '1000000' })).of('descriptors')).toMatchObject({
    check: 'descriptors',
  });
  const away = await doctor({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
  expect([away.code, away.of('database').result]).toEqual([1, 'FAILED']);
  await migrateDown(database.db, 1);
  const behind = await doctor();
  await migrateUp(database.db);
  expect(behind.of('schema')).toMatchObject({ result: 'warning', advice: expect.stringContaining('migrate up') });
});

test('[DOC1] tells how old the last good backup is, and what keeps the scheduled ones from being made', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const remember = (key: string, sql: string) =>
    query(
      database.db,
      `INSERT INTO server_state VALUES ($1, ${sql}) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
      [key],
    );
  await remember('last_backup', `jsonb_build_object('snapshotAt', now() - interval '50 hours', 'place', 's3://a/b')`);
  const found = expect.stringContaining('2 days ago: s3://a/b');
  expect((await doctor()).of('backup')).toMatchObject({ result: 'ok', found });
  const scheduled = { PARLEY_BACKUP_TO: join(directory, 'backups') };
  const late = await doctor(scheduled);
  expect(late.of('backup')).toMatchObject({ result: 'warning', found });
  expect(late.of('backups')).toMatchObject({ result: 'ok', found: expect.stringContaining('0 in ') });
  await remember('backup_schedule', `'{"madeAt":null,"triedAt":1,"error":"no room"}'`);
  expect((await doctor(scheduled)).of('backup')).toMatchObject({
    result: 'FAILED',
    found: expect.stringContaining('no room'),
  });
  expect((await doctor({ PARLEY_BACKUP_TO: '/nowhere/at/all' })).of('backups')).toMatchObject({ result: 'FAILED' });
  expect((await doctor({ PARLEY_BACKUP_TO: 's3://files/b' })).of('backups')).toMatchObject({ result: 'FAILED' });
  expect(readdirSync(directory)).toEqual([]);
});

test('[DOC1] finds a Redis that lets nobody in, and flags whose day has come', async () => {
  const away = await doctor({ REDIS_URL: 'redis://127.0.0.1:1' });
  expect([away.code, away.of('redis')]).toEqual([1, expect.objectContaining({ result: 'FAILED' })]);
  const flags = { old: { owner: 'ada', until: '2020-01-01' }, young: { owner: 'ada', until: '2020-01-03' } };
  expect(diagnoseFlags(Date.parse('2020-01-02'), flags)).toMatchObject({
    result: 'warning',
    found: expect.stringMatching(/old \(of ada, by 2020-01-01\)$/),
  });
});

test('[DOC1] makes no database where there is none yet', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const { of } = await doctor({ DATABASE_URL: undefined, PARLEY_DATA_DIR: dataDir });
  expect(of('database')).toMatchObject({ found: expect.stringContaining('first start') });
  expect(readdirSync(dataDir)).toEqual([]);
});

test('[DOC1] knows old Nodes and pages that were not built', () => {
  const results = ['18.20.0', '20.18.9', '20.19.0', '22.1.0', '24.0.0'].map((version) => diagnoseNode(version).result);
  expect(results).toEqual(['FAILED', 'FAILED', 'ok', 'ok', 'ok']);
  expect(diagnoseWeb('/nowhere').result).toBe('warning');
});
