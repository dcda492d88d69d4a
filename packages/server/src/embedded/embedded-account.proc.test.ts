import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runEmbeddedServer, type ServerProcess, type ServerProcessOptions } from '../testing/run-embedded-server.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { processesWorkingIn } from './process-table.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };
const sources = fileURLToPath(new URL('..', import.meta.url));
const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;

/** Whether an ordinary user could run this checkout with this Node at all. */
const isReachable =
  isRoot && [process.execPath, sources].every((path) => canReach(path)) && process.platform === 'linux';

function canReach(path: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'test -r "$1"', 'sh', path], { ...NOBODY, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let base: string;
let dataDir: string;
const started: ServerProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-account-'));
  dataDir = join(base, 'data');
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  rmSync(base, { recursive: true, force: true });
});

function run(options: ServerProcessOptions = {}, launcherOptions: object = {}): ServerProcess {
  const server = runEmbeddedServer({ dataDir, ...launcherOptions }, options);
  started.push(server);
  return server;
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

function ownersOfPostgres(): number[] {
  return processesWorkingIn(join(dataDir, 'postgres')).map((pid) => statSync(`/proc/${pid}`).uid);
}

/** A checkout of its own, with the libraries' links missing as after an install without install scripts. */
function makeCheckout(root: string): string {
  mkdirSync(join(root, 'node_modules', dirname(packageName)), { recursive: true });
  for (const room of ['embedded', 'lib', 'testing'])
    cpSync(join(sources, room), join(root, 'src', room), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  const installed = createRequire(import.meta.url).resolve(packageName);
  cpSync(dirname(dirname(installed)), join(root, 'node_modules', packageName), {
    recursive: true,
    filter: (path) => !/\.so(\.\d+)?$/.test(path) || !path.includes('/native/lib/lib') || isRegularLibrary(path),
  });
  symlinkSync(dirname(dirname(createRequire(import.meta.url).resolve('pg'))), join(root, 'node_modules', 'pg'));
  return join(root, 'src', 'testing', 'embedded-server.ts');
}

function isRegularLibrary(path: string): boolean {
  return execFileSync('stat', ['-c', '%F', path], { encoding: 'utf8' }).trim() === 'regular file';
}

describe.runIf(isRoot)('as root', () => {
  test('[EMB6] a checkout and data below a closed home work, and PostgreSQL runs as nobody', async () => {
    // mkdtemp made `base` with mode 0700, so nobody can reach neither the programs nor the data by their paths.
    const program = makeCheckout(join(base, 'checkout'));
    const hadCache = existsSync('/var/cache/parley');
    const server = run({ program });
    const { config, error } = await server.report;
    expect(error).toBeUndefined();
    expect(await query(config, 'SELECT 1')).toEqual([1]);
    await query(config, 'CREATE EXTENSION pg_trgm');
    expect(new Set(ownersOfPostgres())).toEqual(new Set([NOBODY.uid]));
    expect(statSync(dataDir)).toMatchObject({ uid: 0 });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    if (!hadCache) rmSync('/var/cache/parley', { recursive: true, force: true });
  });

  test('[EMB6] a cluster that root copied is given back to the account', async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await first.stop();
    execFileSync('chown', ['-R', '0:0', dataDir]);
    const second = await startEmbeddedPostgres({ dataDir });
    expect(await query(second.connectionConfig, 'SELECT 1')).toEqual([1]);
    await second.stop();
  });
});

describe.runIf(isReachable)('as an ordinary user', () => {
  beforeEach(() => {
    chmodSync(base, 0o755);
    mkdirSync(dataDir);
    chownSync(dataDir, NOBODY.uid, NOBODY.gid);
  });

  test('everything belongs to that user', async () => {
    const server = run(NOBODY);
    const { config } = await server.report;
    expect(await query(config, 'SELECT 1')).toEqual([1]);
    expect(new Set(ownersOfPostgres())).toEqual(new Set([NOBODY.uid]));
  });

  test('[EMB7] a read-only installation without library links is copied into the data directory', async () => {
    const program = makeCheckout(join(base, 'checkout'));
    const server = run({ ...NOBODY, program });
    const { config, error } = await server.report;
    expect(error).toBeUndefined();
    expect(await query(config, 'SELECT 1')).toEqual([1]);
    expect(readdirSync(join(dataDir, 'programs'))).toHaveLength(1);
  });

  test('[EMB6] root may take the directory over and hand it back', async () => {
    const user = { uid: 1, gid: 1 }; // `daemon` or `bin`: the first ordinary user of every Linux.
    chownSync(dataDir, user.uid, user.gid);
    const first = run(user);
    await query((await first.report).config, 'CREATE TABLE notes AS SELECT 46 AS n');
    await first.stop();

    const asRoot = await startEmbeddedPostgres({ dataDir });
    expect(await query(asRoot.connectionConfig, 'SELECT n FROM notes')).toEqual([46]);
    expect(new Set(ownersOfPostgres())).toEqual(new Set([user.uid]));
    await asRoot.stop();

    const again = run(user);
    expect(await query((await again.report).config, 'SELECT n FROM notes')).toEqual([46]);
  });

  test("[EMB8] another user's database is refused with both ids", async () => {
    const first = run(NOBODY);
    await first.report;
    await first.stop();
    chmodSync(dataDir, 0o777);
    const { error } = await run({ uid: 12_345, gid: 12_345 }).report;
    expect(error).toMatchObject({
      code: 'data_dir_not_ours',
      message: `unable to open ${join(dataDir, 'postgres')}; it belongs to user id 65534, this process runs as 12345`,
    });
  });

  test('[EMB8] a user id without a name is told so', async () => {
    const user = { uid: 54_321, gid: 54_321 };
    chownSync(dataDir, user.uid, user.gid);
    expect((await run(user).report).error).toMatchObject({
      code: 'user_unknown',
      message: expect.stringContaining('user id 54321 has no entry in the user database'),
    });
  });

  test('without Unix sockets it listens on the loopback address and asks for a password', async () => {
    const server = run(NOBODY, { transport: 'tcp' });
    const { config } = await server.report;
    expect(config).toMatchObject({ host: '127.0.0.1' });
    expect(await query(config, 'SELECT 1')).toEqual([1]);
    await expect(query({ ...config, password: 'guess' }, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });
});

describe('where the packaged PostgreSQL cannot run', () => {
  test.runIf(process.platform === 'linux')('[EMB8] for want of its C library, DATABASE_URL is named', async () => {
    const binDir = join(base, 'bin');
    chmodSync(base, 0o755);
    mkdirSync(binDir);
    // A program whose loader does not exist fails in the same way as a glibc program on a musl system.
    writeFileSync(join(binDir, 'postgres'), '#!/lib/ld-not-here.so\n', { mode: 0o755 });
    await expect(startEmbeddedPostgres({ dataDir, binDir })).rejects.toMatchObject({
      code: 'binaries_unusable',
      message: 'unable to run the embedded PostgreSQL; this system has no glibc (musl?)',
      hint: expect.stringContaining('DATABASE_URL'),
    });
  });

  test('[EMB8] for want of a package, DATABASE_URL is named', async () => {
    const program = makeCheckout(join(base, 'checkout'));
    rmSync(join(base, 'checkout', 'node_modules', packageName), { recursive: true });
    const { error } = await run({ program }).report;
    expect(error).toMatchObject({
      code: 'platform_unsupported',
      message: `unable to find the embedded PostgreSQL; ${packageName} is not installed`,
      hint: expect.stringContaining('DATABASE_URL'),
    });
    expect(existsSync(join(dataDir, 'parley.lock'))).toBe(false);
  });
});
