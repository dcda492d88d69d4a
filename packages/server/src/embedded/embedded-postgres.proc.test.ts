import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeHangingInitdb } from '../testing/hanging-initdb.ts';
import { type PreparedCluster, prepareCluster } from '../testing/prepared-cluster.ts';
import { waitFor } from '../testing/wait-for.ts';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts';
import { identifyProcess, processesWorkingIn } from './process-table.ts';

const isRoot = process.getuid?.() === 0;

let base: string;
let dataDir: string;
const running: EmbeddedPostgres[] = [];

let prepared: PreparedCluster;

beforeAll(async () => {
  prepared = await prepareCluster();
});

afterAll(() => prepared.remove());

beforeEach(() => {
  // Mode 0700, as a home directory: as root, the account of PostgreSQL cannot pass it.
  base = mkdtempSync(join(tmpdir(), 'parley-embedded-'));
  dataDir = join(base, 'data');
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
  rmSync(base, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, ...options });
  running.push(postgres);
  return postgres;
}

async function query(postgres: EmbeddedPostgres, statement: string): Promise<unknown[]> {
  const client = new pg.Client(postgres.connectionConfig);
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

test('[EMB1] a fresh directory becomes a durable UTF-8 database that only this user reaches', async () => {
  const postgres = await start();
  expect(await query(postgres, 'SELECT current_user, current_database()')).toEqual(['parley', 'parley']);
  expect(await query(postgres, "SELECT current_setting('server_encoding')")).toEqual(['UTF8']);
  for (const durable of ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums']) {
    expect(await query(postgres, `SHOW ${durable}`), durable).toEqual(['on']);
  }
  expect(await query(postgres, 'SHOW listen_addresses')).toEqual(['']);
  expect(postgres.serverVersion).toMatch(/^\d+\.\d+/);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
  if (isRoot) expect(statSync(join(dataDir, 'postgres')).uid).toBe(65534);
});

test('letters beyond ASCII sort by code point and are seen by text search and trigrams', async () => {
  const postgres = await start();
  expect(await query(postgres, "SELECT lower('ÉCOLE МИР'), 'Z' < 'a'")).toEqual(['école мир', true]);
  expect(await query(postgres, "SELECT to_tsvector('simple', 'МИР') @@ to_tsquery('simple', 'мир')")).toEqual([true]);
  await query(postgres, 'CREATE EXTENSION pg_trgm');
  expect(await query(postgres, "SELECT similarity('Привет', 'привет')")).toEqual([1]);
});

test('[EMB2] a reopened directory has what was committed', async () => {
  const first = await start();
  await query(first, 'CREATE TABLE notes AS SELECT 42 AS n');
  await first.stop();
  expect(readdirSync(dataDir)).toEqual(['postgres']);
  expect(await query(await start(), 'SELECT n FROM notes')).toEqual([42]);
});

test('[EMB4] stop may be called twice and leaves no process behind', async () => {
  prepared.copyTo(dataDir);
  const postgres = await start();
  await Promise.all([postgres.stop(), postgres.stop()]);
  await postgres.stop();
  expect(processesWorkingIn(join(dataDir, 'postgres'))).toEqual([]);
});

test('[EMB2] the end of PostgreSQL is told when nobody asked for it, and it recovers at the next start', async () => {
  prepared.copyTo(dataDir);
  const postgres = await start();
  await query(postgres, 'CREATE TABLE notes AS SELECT 43 AS n');
  const pid = await query(postgres, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int");
  process.kill(Number(pid[0]), 'SIGKILL');
  expect(await postgres.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await postgres.stop();
  expect(await query(await start(), 'SELECT n FROM notes')).toEqual([43]);
});

test('the end of PostgreSQL is not told when it was asked for', async () => {
  prepared.copyTo(dataDir);
  const postgres = await start();
  let isTold = false;
  void postgres.exited.then(() => {
    isTold = true;
  });
  await postgres.stop();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isTold).toBe(false);
});

test('settings of the caller come before ours', async () => {
  prepared.copyTo(dataDir);
  const postgres = await start({ settings: { max_connections: '17', jit: 'on' } });
  expect(await query(postgres, 'SHOW max_connections')).toEqual(['17']);
  expect(await query(postgres, 'SHOW jit')).toEqual(['on']);
});

test('a path that is too long for a socket gets its socket elsewhere, and nothing of it stays', async () => {
  dataDir = join(base, 'x'.repeat(60), 'y'.repeat(60));
  prepared.copyTo(dataDir);
  const postgres = await start();
  const socketDir = String(postgres.connectionConfig.host);
  expect(socketDir.startsWith(dataDir)).toBe(false);
  expect(statSync(join(socketDir, '..')).mode & 0o777).toBe(0o700);
  expect(await query(postgres, 'SELECT 1')).toEqual([1]);
  await postgres.stop();
  expect(existsSync(join(socketDir, '..'))).toBe(false);
});

test('[EMB3] two servers in one process need two directories', async () => {
  prepared.copyTo(dataDir);
  await start();
  await expect(start()).rejects.toMatchObject({
    code: 'data_dir_in_use',
    message: expect.stringContaining(`process ${process.pid} already runs`),
  });
  prepared.copyTo(join(base, 'other'));
  const other = await start({ dataDir: join(base, 'other') });
  expect(await query(other, 'SELECT 1')).toEqual([1]);
});

test('[EMB5] a start that is given up leaves nothing half-done', async () => {
  const hanging = makeHangingInitdb(base);
  const abort = new AbortController();
  const starting = start({ signal: abort.signal, binDir: hanging.binDir });
  const initdb = await waitFor('initdb hangs', () => hanging.pid(dataDir));
  abort.abort(new Error('changed my mind'));
  await expect(starting).rejects.toThrow('changed my mind');
  expect(readdirSync(dataDir)).toEqual([]);
  await waitFor('initdb is gone', () => identifyProcess(initdb) === undefined);
});

test('a start may be given up before it begins', async () => {
  await expect(start({ signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
});

test('[EMB8] a setting that PostgreSQL refuses is told with its reason', async () => {
  prepared.copyTo(dataDir);
  await expect(start({ settings: { shared_buffers: 'many' } })).rejects.toMatchObject({
    code: 'postgres_failed',
    message: expect.stringContaining('invalid value for parameter "shared_buffers"'),
  });
});

test('[EMB8] a data directory that cannot be made is told with its path', async () => {
  mkdirSync(dataDir);
  await expect(start({ dataDir: '/dev/null/data' })).rejects.toMatchObject({
    code: 'data_dir_unusable',
    message: expect.stringContaining('/dev/null/data'),
  });
});
