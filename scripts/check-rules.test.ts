import { expect, test } from 'vitest';
import { checkRules } from './check-rules.js';

const PAGE = '# Behaviour\n\n- **ROAD1** One order.\n- **ROAD2** Once.\n';

function check(page: string, text: string) {
  return checkRules(page, new Map([['a.test.ts', text]]));
}

test('rules and tests that agree are fine', () => {
  expect(check(PAGE, "test('[ROAD1] a'); test('[ROAD2] b');")).toEqual({ errors: [], warnings: [] });
});

test('a rule without a test is listed', () => {
  expect(check(PAGE, "test('[ROAD1] a');")).toEqual({
    errors: [],
    warnings: ['docs/behaviour.md: no test names ROAD2'],
  });
});

test('a test of a rule that does not exist is an error', () => {
  expect(check(PAGE, "test('[ROAD1] [ROAD2] [ROAD9] a');").errors).toEqual([
    'a.test.ts: names [ROAD9], which docs/behaviour.md does not have',
  ]);
});

test('a number that was given twice is an error', () => {
  expect(check(`${PAGE}- **ROAD1** Again.\n`, '').errors).toEqual(['docs/behaviour.md: two rules are called ROAD1']);
});
