import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { atLeast, atMost, createResult } from '../bench/bench.ts';
import { capacityOf } from '../bench/capacity.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('the capacity table names what ran and nothing else, and has a place in the operations document', () => {
  const found = (bench: string, budgets: ReturnType<typeof atLeast>[]) =>
    createResult(bench, { rows: [], ratios: {}, budgets });
  const rows = capacityOf([
    found('send', [atLeast('acknowledged sends per second', 20_000, 15_000)]),
    found('unread', [atMost('nothing that it asks for', 1, 2)]),
  ]);
  expect(rows).toEqual([
    {
      what: 'messages a second, committed and acknowledged',
      measured: 20_000,
      budget: '>= 15000',
      by: 'bench -- send',
    },
  ]);
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  expect(page).toMatch(/<!-- bench: capacity -->\n[\s\S]*?<!-- end -->/);
});
