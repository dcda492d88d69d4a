import { expect, onTestFinished, test } from 'vitest';
import { backUpUnderLoad } from '../bench/backup/under-load.ts';
import { createTestDatabase } from '../packages/server/src/testing/test-database.ts';

async function database() {
  const made = await createTestDatabase();
  onTestFinished(() => made.drop());
  return { url: made.connectionString, config: made.config };
}

// What the machine gives: 1,000 a second are `npm run bench -- backup`.
test('[BAK2] a backup taken under a steady load has every message acknowledged before it, once, and is sound', async () => {
  const [source, target] = [await database(), await database()];
  const proof = await backUpUnderLoad({ source, target, rate: 300, quietMs: 2_000, history: 2_000, by: 'command' });
  expect(proof).toMatchObject({ missing: 0, doubled: 0, invented: 0, refused: 0, sound: true });
  expect(proof.acknowledged).toBe(proof.sent);
  expect(proof.before).toBeGreaterThan(0);
  expect(proof.restored).toBeGreaterThanOrEqual(proof.before);
  expect(proof.restored).toBeLessThan(proof.acknowledged);
  // The server that served knows of what the command made.
  expect(proof.ageSeconds).toBeGreaterThanOrEqual(0);
  expect(proof.ageSeconds).toBeLessThan(400);
});
