import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileStorage } from './node.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-storage-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('keeps values over instances, lists them by prefix, and forgets what is deleted', async () => {
  const path = join(directory, 'deep', 'outbox');
  const first = fileStorage(path);
  await first.set('outbox/1', 'one');
  await first.set('outbox/2', 'two');
  await first.set('cursor/../../etc', '7');
  const second = fileStorage(path);
  expect(await second.get('cursor/../../etc')).toBe('7');
  expect(Object.entries(Object.fromEntries(await second.entries('outbox/')))).toEqual([
    ['outbox/1', 'one'],
    ['outbox/2', 'two'],
  ]);
  await second.delete('outbox/1');
  await second.delete('never there');
  expect(await first.get('outbox/1')).toBe(undefined);
});

test('is for the user alone, and leaves nothing half written', async () => {
  const path = join(directory, 'private');
  const storage = fileStorage(path);
  await Promise.all(Array.from({ length: 20 }, (_, index) => storage.set('same', `${index}`)));
  expect(Number(await storage.get('same'))).toBeGreaterThanOrEqual(0);
  expect(await readdir(path)).toEqual(['same.json']);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, 'same.json'))).mode & 0o777).toBe(0o600);
});
