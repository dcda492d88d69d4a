import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { runParley } from '../testing/run-parley.ts';
import { type ServerProcess, serverProcess } from '../testing/server-process.ts';
import { verifyCommand } from './verify-command.ts';

let database: MigratedDatabase;
let server: ServerProcess;
const directory = mkdtempSync(join(tmpdir(), 'parley-verdict-'));

beforeAll(async () => {
  database = await migratedDatabase();
  server = await serverProcess(database.database.connectionString);
  await server.start();
});
afterAll(async () => {
  await server.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

function verify(...args: string[]) {
  const env = { DATABASE_URL: database.database.connectionString, PARLEY_ALLOW_UNSAFE_DATABASE: 'true' };
  return runParley([verifyCommand], ['verify', ...args], env);
}

function keep(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

test('[FAIL6] nothing is broken that is not said to be for tests, and what is asked for wrongly is told', async () => {
  expect(await verify('--faults', '--url', server.url)).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('--test-installation'),
  });
  expect(await verify('--faults', '--seed', 'abc')).toMatchObject({
    code: 2,
    complaint: expect.stringContaining('a whole number of 64 bits'),
  });
  expect((await verify('--faults', '--count', '0')).code).toBe(2);
  const unpaired = await verify('--faults', '--test-installation', '--url', server.url, '--break', 'true');
  expect(unpaired.complaint).toContain('Give a --mend for each --break');
});

test('[FAIL6] a server is broken by commands and by links, and the verdict is believed only as it was signed', async () => {
  const pid = server.pid();
  const { code, out } = await verify(
    ...['--faults', '--test-installation', '--url', server.url, '--count', '2', '--seed', '7', '--json'],
    ...['--break', `kill -STOP ${pid}`, '--mend', `kill -CONT ${pid}`],
  );
  const signed = JSON.parse(out);
  expect(signed.verdict).toMatchObject({
    ok: true,
    ran: 2,
    violations: 0,
    seed: '7',
    trials: [
      { fault: `kill -STOP ${pid}`, ok: true },
      { fault: 'client-cut', ok: true },
    ],
  });
  expect(signed.verdict.trials[0].acknowledged).toBeGreaterThan(0);
  expect(code).toBe(0);

  const believed = await verify('--verdict', keep('as-it-was.json', out));
  expect(believed.out).toContain('2 trials, 0 violations');
  const better = JSON.stringify({ ...signed, verdict: { ...signed.verdict, ran: 200 } });
  expect((await verify('--verdict', keep('changed.json', better))).complaint).toContain('was changed since');
  for (const text of ['', 'null', '{}', '[1]'])
    expect(await verify('--verdict', keep('of-nothing.json', text))).toMatchObject({
      code: 1,
      complaint: expect.stringMatching(/unable to (read|trust)/),
    });
  expect((await verify('--verdict', join(directory, 'absent.json'))).complaint).toContain('unable to read');
});
