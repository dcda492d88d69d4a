import { expect, test } from 'vitest';
import { AppError } from './app-error.ts';

test('an error knows from its code whether a repeat can help', () => {
  expect(new AppError('busy', 'unable to send; the queue is full', { retryAfterMs: 50 })).toMatchObject({
    code: 'busy',
    retryable: true,
    retryAfterMs: 50,
    level: 'debug',
  });
  expect(new AppError('forbidden', 'unable to send; not a member').retryable).toBe(false);
});

test('a fault of ours is loud and keeps its cause', () => {
  const cause = new Error('connection lost');
  expect(new AppError('internal', 'unable to send; fault', { cause })).toMatchObject({ level: 'error', cause });
});
