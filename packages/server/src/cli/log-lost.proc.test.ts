import { expect, test } from 'vitest';
import { serverProcess } from '../testing/server-process.ts';
import { createTestDatabase } from '../testing/test-database.ts';

test('a server whose log nobody takes any more serves on, and stops in order', async () => {
  const database = await createTestDatabase();
  const server = await serverProcess(database.connectionString, { PARLEY_LOG_LEVEL: 'debug' });
  await server.start();
  server.loseLog();
  for (let count = 0; count < 50; count++) expect((await fetch(`${server.url}/v1/nothing`)).status).toBe(404);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  await server.stop();
  await database.drop();
});
