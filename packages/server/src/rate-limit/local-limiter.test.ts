import { expect, test } from 'vitest';
import { readConfig } from '../config/config.ts';
import { LocalLimiter } from './local-limiter.ts';
import { factorOf, type Policies, policiesOf } from './policy.ts';

function fixture(overrides: Partial<Policies> = {}, maxKeys?: number) {
  let now = 0;
  const clock = {
    now: () => 0,
    monotonic: () => now,
    setTimeout: () => ({ cancel() {} }),
    setInterval: () => ({ cancel() {} }),
  };
  const limiter = new LocalLimiter({ ...policiesOf(readConfig({})), ...overrides }, clock, maxKeys);
  return { limiter, advance: (byMs: number) => (now += byMs) };
}

test('the default message rate is 60 a minute, and says when to come back', () => {
  const { limiter, advance } = fixture();
  for (let count = 0; count < 60; count++) expect(limiter.take('message', 'u')).toEqual({ allowed: true });
  expect(limiter.take('message', 'u')).toEqual({ allowed: false, retryAfterMs: 1_000 });
  advance(999);
  expect(limiter.take('message', 'u')).toEqual({ allowed: false, retryAfterMs: 1 });
  advance(1);
  expect(limiter.take('message', 'u')).toEqual({ allowed: true });
});

test('keys and policies do not share buckets', () => {
  const { limiter } = fixture({ message: { limit: 1, windowMs: 1_000 }, join: { limit: 1, windowMs: 1_000 } });
  expect(limiter.take('message', 'a').allowed).toBe(true);
  expect(limiter.take('message', 'b').allowed).toBe(true);
  expect(limiter.take('join', 'a').allowed).toBe(true);
  expect(limiter.take('message', 'a').allowed).toBe(false);
});

test('factors stretch a policy by role and for bots; the larger holds', () => {
  const factors = readConfig({}).rateFactors;
  expect(factorOf(factors, { serverRole: 'member', kind: 'human' })).toBe(1);
  expect(factorOf(factors, { serverRole: 'admin', kind: 'human' })).toBe(5);
  expect(factorOf(factors, { serverRole: 'owner', kind: 'bot' })).toBe(10);
  const { limiter } = fixture({ message: { limit: 2, windowMs: 60_000 } });
  for (let count = 0; count < 10; count++) expect(limiter.take('message', 'u', 5).allowed).toBe(true);
  expect(limiter.take('message', 'u', 5)).toEqual({ allowed: false, retryAfterMs: 6_000 });
});

test('misread factors stop the start', () => {
  expect(() => readConfig({ PARLEY_RATE_FACTORS: 'owner=-1' })).toThrow(/PARLEY_RATE_FACTORS/);
  expect(() => readConfig({ PARLEY_RATE_FACTORS: 'king=2' })).toThrow(/PARLEY_RATE_FACTORS/);
});

test('[RATE3] idle keys are dropped, and the bound holds under a flood of keys', () => {
  const { limiter, advance } = fixture({}, 1_000);
  for (let key = 0; key < 10_000; key++) limiter.take('message', `flood-${key}`);
  expect(limiter.size).toBeLessThanOrEqual(1_001);
  advance(60_000);
  for (let key = 0; key < 600; key++) limiter.take('message', 'same');
  expect(limiter.size).toBe(1);
});

test('[RATE3] a flood of keys does not reset a bucket that is in use', () => {
  const { limiter } = fixture({ message: { limit: 2, windowMs: 60_000 } }, 100);
  limiter.take('message', 'victim');
  limiter.take('message', 'victim');
  for (let key = 0; key < 5_000; key++) {
    limiter.take('message', `flood-${key}`);
    if (key % 50 === 0) expect(limiter.take('message', 'victim').allowed).toBe(false);
  }
});
