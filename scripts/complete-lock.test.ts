import { expect, test } from 'vitest';
import { completeLock, missingOptionalPackages } from './complete-lock.js';

function lockWith(optional: Record<string, string>, others: object = {}) {
  return { packages: { 'node_modules/tool': { dev: true, optionalDependencies: optional }, ...others } };
}

test('an optional package without an entry gets one that only its platform installs', () => {
  const lock = lockWith({ '@tool/linux-x64-musl': '1.2.3', '@tool/win32-arm64-msvc': '1.2.3' });
  const completed = completeLock(lock);
  expect(completed.packages).toMatchObject({
    'node_modules/@tool/linux-x64-musl': {
      version: '1.2.3',
      optional: true,
      dev: true,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    },
    'node_modules/@tool/win32-arm64-msvc': { os: ['win32'], cpu: ['arm64'] },
  });
  expect(missingOptionalPackages(completed)).toEqual([]);
});

test('an entry that is there is kept', () => {
  const entry = { version: '1.2.3', optional: true, integrity: 'sha512-x' };
  const lock = lockWith({ '@tool/linux-x64': '1.2.3' }, { 'node_modules/@tool/linux-x64': entry });
  expect(completeLock(lock)).toEqual(lock);
});

test('a name without a platform is not guessed', () => {
  expect(() => completeLock(lockWith({ 'some-addon': '1.0.0' }))).toThrow('no platform in some-addon');
});
