import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SessionFile } from './session-file.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-sessions-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('remembers one sign-in per server, for its user alone, until it runs out', async () => {
  const path = join(directory, 'config');
  const sessions = new SessionFile(path);
  expect(await sessions.load('http://one:8080', 0)).toBe(null);
  await sessions.save('http://one:8080/', { token: 'a', username: 'ann', expiresAt: 100 });
  await sessions.save('http://two:8080', { token: 'b', username: 'bob', expiresAt: 100 });
  expect(await new SessionFile(path).load('http://one:8080', 99)).toMatchObject({ token: 'a' });
  expect(await sessions.load('http://one:8080', 100)).toBe(null);
  await sessions.forget('http://one:8080');
  expect(await sessions.load('http://one:8080', 0)).toBe(null);
  expect(await sessions.load('http://two:8080', 0)).toMatchObject({ username: 'bob' });
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, 'sessions.json'))).mode & 0o777).toBe(0o600);
});

test('each user at each server has an outbox of their own', () => {
  const sessions = new SessionFile('/config');
  const paths = [
    sessions.outboxPath('http://one', 'ann'),
    sessions.outboxPath('http://one', 'bob'),
    sessions.outboxPath('http://two', 'ann'),
  ];
  expect(new Set(paths).size).toBe(3);
  expect(sessions.outboxPath('http://one/', 'ann')).toBe(paths[0]);
});
