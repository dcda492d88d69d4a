import { expect, test } from 'vitest';
import { type Audience, audienceOf, rulesOf } from './flag-rules.ts';

const CHOICES: readonly Audience[] = [
  { kind: 'default' },
  { kind: 'everybody' },
  { kind: 'nobody' },
  { kind: 'share', percentage: 25 },
  { kind: 'role', role: 'admin' },
];

test('each choice is read back from its rules', () => {
  for (const choice of CHOICES) {
    expect(audienceOf({ type: 'boolean', rules: [...(rulesOf(choice) ?? [])] as never })).toEqual(choice);
  }
});

test('what is more than a choice is left alone', () => {
  const rules = [{ environments: ['test'], value: true }];
  expect(audienceOf({ type: 'boolean', rules })).toEqual({ kind: 'custom' });
  expect(audienceOf({ type: 'string', rules: [{ value: 'x' }] })).toEqual({ kind: 'custom' });
  expect(rulesOf({ kind: 'custom' })).toBeNull();
});
