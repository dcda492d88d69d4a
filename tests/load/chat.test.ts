import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadResult } from '@parley/load-test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../packages/server/src/testing/bundle.ts';
import { type ServerProcess, serverProcess } from '../../packages/server/src/testing/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../../packages/server/src/testing/test-database.ts';

const sources = fileURLToPath(new URL('../../packages/load-test/src', import.meta.url));
/** A run looks for the program of its workers where it lies beside its own in the sources too. */
const programs = fileURLToPath(new URL('../../packages/load-test/dist/test-load', import.meta.url));

let database: TestDatabase;
let server: ServerProcess;
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-load-test-'));
  await bundle(programs, {
    'run/main': join(sources, 'main.ts'),
    'worker/process': join(sources, 'worker/process.ts'),
  });
  database = await createTestDatabase();
  server = await serverProcess(database.connectionString);
  await server.start();
});
afterAll(async () => {
  await server.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly password: string;
}

async function load(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, [join(programs, 'run/main.mjs'), ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, out, password: /password (\S+)/.exec(out)?.[1] ?? '' };
}

async function resultOf(file: string): Promise<LoadResult> {
  return JSON.parse(await readFile(file, 'utf8')) as LoadResult;
}

const ask = async (path: string, init: RequestInit & { token?: string } = {}) => {
  const headers = {
    'content-type': 'application/json',
    ...(init.token ? { authorization: `Bearer ${init.token}` } : {}),
  };
  const response = await fetch(`${server.url}/v1${path}`, { ...init, headers });
  return (await response.json()) as Record<string, unknown>;
};

let token = '';

test('[LOAD1] a run on a new server makes its own users, checks what all were told, and puts everything away', async () => {
  const json = join(directory, 'first.json');
  const html = join(directory, 'first.html');
  const owner = `${server.url}/#/welcome/${server.ownerToken()}`;
  const args = ['--users', '24', '--rate', '40', '--duration', '3s', '--workers', '2', '--json', json, '--html', html];
  const run = await load(['--url', owner, ...args]);
  expect(run.code, run.out).toBe(0);
  const result = await resultOf(json);
  expect(result.counts.sent).toBe(120);
  expect(result.counts.acknowledged).toBe(120);
  expect(result.counts.delivered).toBe(result.expectedDeliveries);
  expect(result.verdict).toMatchObject({ ok: true, acknowledged: 120 });
  expect(result.watched).toBe(24);
  expect(result.times.delivered.count).toBe(result.counts.delivered);
  expect(run.out).toContain('nothing lost, doubled or out of order: held');
  const page = await readFile(html, 'utf8');
  expect(page).toContain('Nothing lost, nothing doubled, nothing out of order');
  // The page needs nothing from anywhere.
  expect(page).not.toMatch(/(src|href)=/);
  const body = JSON.stringify({ username: 'load-owner', password: run.password });
  token = String((await ask('/auth/sign-in', { method: 'POST', body })).token);
  const { channels } = (await ask('/me/channels', { token })) as {
    channels: { channel: { name: string; archivedAt: number | null } }[];
  };
  const ours = channels.filter(({ channel }) => channel.name.startsWith('load '));
  expect(ours.length).toBeGreaterThan(0);
  expect(ours.filter(({ channel }) => channel.archivedAt === null)).toEqual([]);
  const { users } = (await ask('/users?query=load-&limit=100', { token })) as {
    users: { kind: string; deactivated?: boolean }[];
  };
  expect(users.filter((user) => user.kind === 'bot').map((user) => user.deactivated)).toEqual(Array(24).fill(true));
});

test('[LOAD2] sockets that break under load come back with all that was sent meanwhile, by users of an earlier run', async () => {
  const json = join(directory, 'storm.json');
  const args = ['--scenario', 'reconnect-storm', '--users', '20', '--rate', '30', '--duration', '3s', '--no-html'];
  const run = await load(['--url', server.url, ...args, '--json', json], { PARLEY_TOKEN: token });
  expect(run.code, run.out).toBe(0);
  const result = await resultOf(json);
  expect(result.counts.disconnects).toBeGreaterThanOrEqual(20);
  expect(result.times.resume.count).toBeGreaterThanOrEqual(20);
  expect(result.counts.acknowledged).toBe(result.counts.sent);
  expect(result.counts.delivered).toBe(result.expectedDeliveries);
  expect(result.verdict.ok).toBe(true);
});

test('[LOAD3] an objective that is missed fails the run, and says by how much', async () => {
  const args = ['--scenario', 'direct-messages', '--users', '4', '--rate', '10', '--duration', '1s', '--no-html'];
  const run = await load(['--url', server.url, ...args, '--p99', '0.001ms'], { PARLEY_TOKEN: token });
  expect(run.code, run.out).toBe(1);
  expect(run.out).toMatch(/✗ p99 of delivery <= 0.001 ms: [\d.]+ ms/);
  expect(run.out).toContain('✓ nothing lost, doubled or out of order');
});

test('[LOAD3] the search for the highest rate tells the highest that held', async () => {
  const json = join(directory, 'find.json');
  const args = ['--find', '--users', '4', '--rate', '4', '--duration', '1s', '--p99', '0.001ms', '--no-html'];
  const run = await load(['--url', server.url, ...args, '--json', json], { PARLEY_TOKEN: token });
  expect(run.code, run.out).toBe(1);
  const result = await resultOf(json);
  expect(result.steps.map((step) => step.rate)).toEqual([4, 2, 1]);
  expect(result.best).toBeNull();
  expect(result.verdict.ok).toBe(true);
});

test('what cannot work is said in a line', async () => {
  const nowhere = await load(['--url', server.url], {});
  expect(nowhere.code).toBe(1);
  expect(nowhere.out).toContain('give --token of an owner or admin');
  const misused = await load(['--scenario', 'party']);
  expect(misused.code).toBe(2);
});
