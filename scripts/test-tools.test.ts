import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ensureProgram } from './test-tools.js';

const isRoot = process.getuid?.() === 0;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-tools-'));
  vi.stubEnv('PATH', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('a program that is there under any of its names is enough', () => {
  writeFileSync(join(folder, 'valkey-server'), '', { mode: 0o755 });
  expect(ensureProgram('Redis', ['redis-server', 'valkey-server'], 'redis-server')).toBeUndefined();
});

test('a program that cannot be had is told in one line', () => {
  expect(ensureProgram('Redis', ['redis-server', 'valkey-server'], 'redis-server')).toBe(
    'Redis is missing: none of redis-server, valkey-server is on the PATH, and the suites that need it fail',
  );
});

test.runIf(isRoot)('root on a Debian gets it installed', () => {
  const script = `#!/bin/sh\nfor last; do :; done\n[ "$3" = update ] || : > "${folder}/$last"\n`;
  writeFileSync(join(folder, 'apt-get'), script, { mode: 0o755 });
  expect(ensureProgram('Redis', ['redis-server'], 'redis-server')).toBeUndefined();
});
