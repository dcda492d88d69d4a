import { expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { PasswordHasher } from './passwords.ts';

test('hashes are argon2id with the documented cost, and salted', async () => {
  const hasher = new PasswordHasher();
  const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await hasher.verify(one, 'correct horse')).toBe(true);
  expect(await hasher.verify(one, 'correct horsf')).toBe(false);
});

test('without a hash the answer is no, after the work of a hash', async () => {
  const hasher = new PasswordHasher();
  await hasher.warmUp();
  expect(await hasher.verify(null, '')).toBe(false);
});

test('the same password typed composed or decomposed matches', async () => {
  const hasher = new PasswordHasher();
  const stored = await hasher.hash('pa\u0308sswort');
  expect(await hasher.verify(stored, 'p\u00e4sswort')).toBe(true);
});

test('[AUTH6] above its bound it answers busy at once, and serves those who wait in turn', async () => {
  const hasher = new PasswordHasher({ running: 1, waiting: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      hasher.hash(`password ${index}`).then(
        () => 'hashed',
        (error: unknown) => (error instanceof AppError ? `${error.code} ${error.retryAfterMs}` : String(error)),
      ),
    ),
  );
  expect(outcomes).toEqual(['hashed', 'hashed', 'hashed', 'busy 1000', 'busy 1000']);
  expect(hasher.waitingCount).toBe(0);
  expect(await hasher.hash('another')).toContain('argon2id');
});

test('a hash that cannot be read frees its place', async () => {
  const hasher = new PasswordHasher({ running: 1, waiting: 0 });
  await expect(hasher.verify('not a hash', 'x')).rejects.toThrow();
  expect(await hasher.hash('x')).toContain('argon2id');
});
