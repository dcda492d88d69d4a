import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { patched } from '../campaign/patch.ts';
import { hunt } from './hunt.ts';
import { PLANTS } from './plants.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Bugs that one of the first few seeds finds; the rest is looked for by `npm run sim -- --plant all`. */
const QUICK = ['no unique key', 'resume off by one', 'repeat is answered anew'];

test('every planted bug still fits the sources', () => {
  expect(PLANTS.length).toBeGreaterThanOrEqual(12);
  for (const { name, patches } of PLANTS) {
    const files = new Map<string, string>();
    for (const patch of patches) {
      const text = files.get(patch.file) ?? readFileSync(ROOT + patch.file, 'utf8');
      files.set(patch.file, patched(text, patch));
    }
    expect(files.size, name).toBeGreaterThan(0);
  }
});

test.each(QUICK)('the simulation finds: %s', { timeout: 240_000 }, async (name) => {
  const plant = PLANTS.find((one) => one.name === name);
  if (plant === undefined) throw new Error(`there is no plant ${name}`);
  const { seed, broken } = await hunt(plant, { first: 1n, last: 12n }, 2);
  expect(seed).not.toBeNull();
  expect(broken).not.toEqual([]);
});
