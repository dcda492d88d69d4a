import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeHangingInitdb } from '../testing/hanging-initdb.ts';
import { type PreparedCluster, prepareCluster } from '../testing/prepared-cluster.ts';
import { runEmbeddedServer, type ServerProcess } from '../testing/run-embedded-server.ts';
import { waitFor } from '../testing/wait-for.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { identifyProcess, processesWorkingIn } from './process-table.ts';

const isRoot = process.getuid?.() === 0;

let prepared: PreparedCluster;
let base: string;
let dataDir: string;
const started: ServerProcess[] = [];

beforeAll(async () => {
  prepared = await prepareCluster();
});

afterAll(() => prepared.remove());

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-crash-'));
  dataDir = join(base, 'data');
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.kill()));
  await waitFor('PostgreSQL has stopped', () => postgresProcesses().length === 0);
  rmSync(base, { recursive: true, force: true });
});

function run(options: object = {}): ServerProcess {
  const server = runEmbeddedServer({ dataDir, ...options });
  started.push(server);
  return server;
}

function postgresProcesses(): number[] {
  return processesWorkingIn(join(dataDir, 'postgres'));
}

function postmasterPid(): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

async function query(config: pg.PoolConfig | undefined, statement: string): Promise<unknown[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function reopenAndQuery(statement: string): Promise<unknown[]> {
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    return await query(postgres.connectionConfig, statement);
  } finally {
    await postgres.stop();
  }
}

/** The watchdog carries the pid of its postmaster as its last argument. */
function watchdogOf(postmaster: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => commandLine(pid).endsWith(`parley-watchdog\0${postmaster}\0`));
  if (found === undefined) throw new Error(`no watchdog of ${postmaster}`);
  return Number(found);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It ended while we looked.
  }
}

/** A process that has ended and that its parent, by then a program that knows nothing of it, never waits for. */
async function makeZombie(): Promise<{ pid: number; end(): void }> {
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec tail -f /dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line).trim());
  await waitFor('the shell has become another program', () => commandLine(String(parent.pid)).startsWith('tail'));
  process.kill(pid, 'SIGKILL');
  await waitFor('it is a zombie', () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  return { pid, end: () => parent.kill('SIGKILL') };
}

describe('a server that was killed', () => {
  test('[EMB4] takes its PostgreSQL with it, which shuts down in order', async () => {
    prepared.copyTo(dataDir);
    const server = run();
    await server.report;
    expect(postgresProcesses().length).toBeGreaterThan(0);
    await server.kill();
    await waitFor('PostgreSQL has stopped', () => postgresProcesses().length === 0);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(await reopenAndQuery('SELECT 1')).toEqual([1]);
  });

  test('[EMB4] and left PostgreSQL running all the same: the next start stops that and has all that was committed', async () => {
    prepared.copyTo(dataDir);
    const server = run();
    const { config } = await server.report;
    await query(config, 'CREATE TABLE notes AS SELECT 44 AS n');
    const orphan = postmasterPid();
    process.kill(watchdogOf(orphan), 'SIGKILL');
    await server.kill();
    expect(await query(config, 'SELECT n FROM notes')).toEqual([44]);

    const next = run();
    expect(await query((await next.report).config, 'SELECT n FROM notes')).toEqual([44]);
    expect(next.log()).toContain(`stopping the PostgreSQL that an earlier server left behind (process ${orphan})`);
    expect(identifyProcess(orphan)).toBeUndefined();
    expect(postmasterPid()).not.toBe(orphan);
  });

  test('[EMB4] and somebody deleted postmaster.pid: the PostgreSQL that still runs is stopped, never joined by a second', async () => {
    prepared.copyTo(dataDir);
    const server = run();
    await server.report;
    const orphan = postmasterPid();
    process.kill(watchdogOf(orphan), 'SIGKILL');
    await server.kill();
    rmSync(join(dataDir, 'postgres', 'postmaster.pid'));

    expect((await run().report).error).toBeUndefined();
    expect(identifyProcess(orphan)).toBeUndefined();
  });

  test('[EMB5] in the middle of its first initdb: what was half-done is discarded', async () => {
    const hanging = makeHangingInitdb(base);
    const server = run({ binDir: hanging.binDir });
    server.report.catch(() => {}); // It is killed before it has anything to report.
    const initdb = await waitFor('initdb hangs', () => hanging.pid(dataDir));
    await server.kill();
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);

    expect(await reopenAndQuery('SELECT 1')).toEqual([1]);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
    process.kill(initdb, 'SIGKILL');
  });
});

describe('a pid that is not what it seems', () => {
  test.each(['zombie', 'stranger'])(
    '[EMB2] a %s under the pid of the old postmaster does not stop the start',
    async (kind) => {
      prepared.copyTo(dataDir);
      const account = isRoot ? { uid: 65534, gid: 65534 } : {};
      const stranger = spawn('sleep', ['600'], { ...account, cwd: '/' });
      const zombie = await makeZombie();
      const pid = kind === 'zombie' ? zombie.pid : stranger.pid;
      for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock']) {
        writeFileSync(join(dataDir, 'postgres', name), `${pid}\n/proc/self/fd/3\n1795465039\n5432\n`);
      }
      expect(await reopenAndQuery('SELECT 1')).toEqual([1]);
      expect(stranger.kill('SIGKILL'), 'the stranger was left alone').toBe(true);
      zombie.end();
    },
  );

  test.each([
    ['of a dead process', () => JSON.stringify({ pid: 4_000_000, startedAt: 'once' })],
    ['whose pid is another process by now', () => JSON.stringify({ pid: process.ppid, startedAt: 'once' })],
    ['that is cut off', () => '{"pid":'],
  ])('[EMB2] a lock %s is taken over', async (_, content) => {
    prepared.copyTo(dataDir);
    writeFileSync(join(dataDir, 'parley.lock'), content());
    expect(await reopenAndQuery('SELECT 1')).toEqual([1]);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });
});

describe('two servers on one directory', () => {
  test('[EMB3] the second is told the pid of the first, which works on', async () => {
    prepared.copyTo(dataDir);
    const first = run();
    const { config } = await first.report;
    const { error } = await run().report;
    expect(error).toMatchObject({
      code: 'data_dir_in_use',
      message: `unable to start on ${dataDir}; process ${first.pid} already runs a server there`,
    });
    expect(error?.hint).not.toBe('');
    expect(await query(config, 'SELECT 1')).toEqual([1]);
  });

  test('[EMB3] of many that start at once exactly one wins', async () => {
    prepared.copyTo(dataDir);
    const reports = await Promise.all(Array.from({ length: 4 }, () => run().report));
    expect(reports.map((report) => report.error?.code ?? 'ready').sort()).toEqual([
      'data_dir_in_use',
      'data_dir_in_use',
      'data_dir_in_use',
      'ready',
    ]);
  });

  test('[EMB3] a PostgreSQL that answers but cannot be seen is not ours to stop', async () => {
    prepared.copyTo(dataDir);
    // As from another container on the same volume: it answers on the socket, its pid means nothing here.
    const elsewhere = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(join(dataDir, 'postgres', '.s.PGSQL.5432'))}, () => console.log('up'))`,
    ]);
    await once(elsewhere.stdout, 'data');
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), `4000000\n/data\n1795465039\n5432\n`);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'data_dir_in_use' });
    expect(elsewhere.exitCode).toBeNull();
    elsewhere.kill();
  });
});

describe('a directory that cannot be opened', () => {
  test('[EMB8] written by another PostgreSQL: both versions are named', async () => {
    prepared.copyTo(dataDir);
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '13\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'data_dir_version',
      message: expect.stringMatching(/written by PostgreSQL 13, this is PostgreSQL \d+$/),
    });
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });

  test('[EMB8] not a database at all: it is left as it is', async () => {
    mkdirSync(join(dataDir, 'postgres', 'holiday-pictures'), { recursive: true });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'data_dir_damaged' });
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['holiday-pictures']);
  });
});

describe.runIf(isRoot && process.platform === 'linux')('a full disk', () => {
  function mount(size: string): boolean {
    mkdirSync(dataDir);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'parley-test', dataDir], {
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false; // No right to mount, as in most containers.
    }
  }

  afterEach(() => {
    execFileSync('umount', ['--lazy', dataDir], { stdio: 'ignore' });
  });

  test('[EMB8] at the first start is told and leaves nothing behind', async (context) => {
    if (!mount('20m')) context.skip('this root may not mount');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'disk_full',
      message: `unable to create the database in ${join(dataDir, 'postgres')}; no space left on the device`,
    });
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('[EMB8] at a later start is told, and with space again all is there', async (context) => {
    if (!mount('120m')) context.skip('this root may not mount');
    const postgres = await startEmbeddedPostgres({ dataDir });
    await query(postgres.connectionConfig, 'CREATE TABLE notes AS SELECT 45 AS n');
    await postgres.stop();
    const filler = join(dataDir, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(120 * 1024 * 1024))).toThrow('ENOSPC');

    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'disk_full' });
    rmSync(filler);
    expect(await reopenAndQuery('SELECT n FROM notes')).toEqual([45]);
  });
});
