import { ERROR_CODES, isRetryable } from '@parley/protocol/constants';
import { expect, test } from 'vitest';
import { ParleyError, toParleyError } from './errors.ts';

test('says of each code of the protocol what the protocol says', () => {
  for (const code of Object.keys(ERROR_CODES))
    expect([code, new ParleyError(code, '').retryable]).toEqual([code, isRetryable(code)]);
  expect(new ParleyError('of_a_newer_server', '').retryable).toBe(false);
});

test('makes one error of anything thrown, once', () => {
  const error = toParleyError(new TypeError('fetch failed'), 'reach the server');
  expect(error).toMatchObject({
    code: 'unreachable',
    retryable: true,
    message: 'unable to reach the server; fetch failed',
  });
  expect(toParleyError(error, 'again')).toBe(error);
});
