import { expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { toldError } from './told-error.ts';

const withCode = (code: string) => Object.assign(new Error('secret detail'), { code });

test.each([
  ['ECONNREFUSED', 'busy', 1_000],
  ['57P01', 'busy', 1_000],
  ['57014', 'unavailable', 1_000],
  ['22021', 'bad_text', undefined],
  ['22P05', 'bad_text', undefined],
  ['23505', 'internal', undefined],
])('%s is told as %s', (code, told, retryAfterMs) => {
  const error = toldError(withCode(code));
  expect(error).toMatchObject({ code: told, retryAfterMs });
  expect(error.message).not.toContain('secret');
});

test('what was meant for the caller is told as it is; all else is a fault', () => {
  const meant = new AppError('forbidden', 'unable to; no');
  expect(toldError(meant)).toBe(meant);
  for (const thrown of [null, undefined, 'text', {}, new TypeError('x')])
    expect(toldError(thrown).code).toBe('internal');
});
