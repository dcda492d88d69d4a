import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULT_KINDS } from '../proof/faults/plan.ts';

const page = readFileSync('docs/reliability.md', 'utf8');
/** The catalogue of the page: `| A1 | a fault | what proves it |`. */
const rows = [...page.matchAll(/^\| ([A-F]\d+) \| [^|]+ \| ([^|]+) \|$/gm)].map(([, row = '', proof = '']) => ({
  row,
  proof,
}));

test('the catalogue has each of its 73 rows once', () => {
  const sizes = { A: 10, B: 14, C: 13, D: 12, E: 12, F: 12 };
  const all = Object.entries(sizes).flatMap(([letter, size]) =>
    Array.from({ length: size }, (_, index) => `${letter}${index + 1}`),
  );
  expect(rows.map(({ row }) => row)).toEqual(all);
});

test('what a row names exists', () => {
  const kinds = FAULT_KINDS.map(({ name }) => name);
  for (const { row, proof } of rows) {
    for (const [, name] of proof.matchAll(/faults:([a-z-]+)/g)) expect(kinds, row).toContain(name);
    for (const [, path = ''] of proof.matchAll(/`([^`]+)`/g))
      expect([row, path, existsSync(path)]).toEqual([row, path, true]);
    if (!/faults:|`|–/.test(proof)) throw new Error(`${row} names nothing`);
  }
});

test('every kind of fault stands in its row', () => {
  for (const { name, row } of FAULT_KINDS) {
    expect(rows.find((one) => one.row === row)?.proof, `${name} in ${row}`).toContain(`faults:${name}`);
  }
});
