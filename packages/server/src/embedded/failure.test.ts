import { expect, test } from 'vitest';
import { StartError } from '../lib/start-error.ts';
import { explainError, explainOutput } from './failure.ts';

test.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device'],
  ['running bootstrap script ... FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes'],
])('a full disk is told as such, however PostgreSQL says it: %s', (line) => {
  const error = explainOutput('start', ['LOG:  starting', line, 'HINT:  Check free disk space.']);
  expect(error).toMatchObject({ code: 'disk_full', message: 'unable to start; no space left on the device' });
});

test('the reason is the first fault, not what followed from it', () => {
  const lines = ['LOG:  starting', 'FATAL:  no such role', 'PANIC:  giving up', 'LOG:  shut down'];
  expect(explainOutput('start', lines).message).toBe('unable to start; no such role');
});

test('a program that said nothing is told as such', () => {
  expect(explainOutput('start', []).message).toBe('unable to start; PostgreSQL ended without a word');
});

test.each([
  ['ENOSPC', 'disk_full'],
  ['53100', 'disk_full'],
  ['EACCES', 'data_dir_unusable'],
  ['EROFS', 'data_dir_unusable'],
])('%s of our own work becomes %s', (code, expected) => {
  const cause = Object.assign(new Error('refused'), { code });
  expect(explainError('start', cause)).toMatchObject({ code: expected, cause });
});

test('what is unknown, and what is clear already, passes unchanged', () => {
  const bug = new TypeError('x is not a function');
  const clear = new StartError({ code: 'x', message: 'unable to x; y', hint: 'z' });
  expect(explainError('start', bug)).toBe(bug);
  expect(explainError('start', clear)).toBe(clear);
});
