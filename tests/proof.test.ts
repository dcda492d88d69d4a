import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-proof-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a command of the repository as `npm run` does, with what it writes in a directory of the test. */
function run(path: string, ...args: string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, ['--conditions=source', '--import', tsx, join(root, path), ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      out += String(chunk);
    });
  return new Promise((resolve) => void child.once('close', (code) => resolve({ code, out })));
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(directory, name), 'utf8'));

// The long runs are commands of their own; what they tell, and how they end, is what a script builds on.
test('a short campaign of faults ends well, says so, and goes on where it ended', async () => {
  const args = ['proof/faults/main.ts', '--count', '1', '--seed', '1', '--only', 'answers-lost'] as const;
  const first = await run(...args, '--json', 'faults.json');
  expect(first, first.out).toMatchObject({ code: 0 });
  expect(first.out).toMatch(/^1\/1 \d+ s {2}single answers-lost: \d+ acknowledged, recovered in \d+ ms$/m);
  const report = readJson('faults.json');
  expect(report).toMatchObject({
    ran: 1,
    faults: 1,
    violations: 0,
    failed: [],
    recoveryMs: { 'answers-lost': { count: 1, p50: expect.any(Number), p99: expect.any(Number) } },
  });
  const again = await run(...args, '--json', 'again.json');
  expect(again, again.out).toMatchObject({ code: 0 });
  expect(again.out).not.toMatch(/^\d\/1 /m);
  expect(readJson('again.json')).toEqual(report);
});

test('a campaign that ran nothing, and one of a fault that nobody knows, are no success', async () => {
  expect(await run('proof/faults/main.ts', '--count', '0')).toMatchObject({ code: 2 });
  const unknown = await run('proof/faults/main.ts', '--only', 'none-such');
  expect(unknown).toMatchObject({ code: 2, out: expect.stringContaining('no fault is called none-such') });
});

test('a short run of bad input ends well, and counts what it tried', async () => {
  const few = ['--only', 'W4,W5,P,T', '--every', '12', '--requests', '1', '--frames', '1'];
  const { code, out } = await run('proof/hostile/main.ts', ...few, '--seed', '1', '--json', 'hostile.json');
  expect(code, out).toBe(0);
  const report = readJson('hostile.json') as { cases: { tried: number }; said: number };
  expect(report).toMatchObject({ cases: { failed: 0 }, troubles: [] });
  expect(report.cases.tried).toBeGreaterThan(10);
  expect(report.said).toBeGreaterThan(0);
});
