import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readKeptPlan } from '../campaign/one-seed.ts';
import { runJob } from '../campaign/worker.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

// What a campaign has found once, made small and named for what was wrong.
test.each(files)('%s', async (file) => {
  const { text } = await runJob(readKeptPlan(FOLDER + file));
  expect(text).toBe('');
});

// A few fresh worlds, so that a change that breaks the simulation is noticed with the unit tests.
test.each(['1', '2', '3', '4', '5', '6'])('seed %s is clean', async (seed) => {
  const { text, acknowledged } = await runJob({ seed });
  expect(text).toBe('');
  expect(acknowledged).toBeGreaterThan(0);
});
