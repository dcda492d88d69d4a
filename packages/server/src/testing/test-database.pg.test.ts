import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './test-database.ts';

async function query(config: pg.ClientConfig, statement: string): Promise<unknown[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test('each database is empty, separate and reachable in both forms', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await query(one.config, 'CREATE TABLE notes AS SELECT 7 AS n');
  expect(await query({ connectionString: one.connectionString }, 'SELECT n FROM notes')).toEqual([{ n: 7 }]);
  await expect(query(two.config, 'SELECT n FROM notes')).rejects.toThrow('does not exist');
  await Promise.all([one.drop(), two.drop()]);
  await expect(query(one.config, 'SELECT 1')).rejects.toThrow('does not exist');
});

test('a template is copied', async () => {
  const template = await createTestDatabase();
  await query(template.config, 'CREATE TABLE notes AS SELECT 8 AS n');
  const copy = await createTestDatabase({ template: String(template.config.database) });
  expect(await query(copy.config, 'SELECT n FROM notes')).toEqual([{ n: 8 }]);
  await Promise.all([template.drop(), copy.drop()]);
});

test('dropping cuts connections that are still open', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client(database.config);
  const cut = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  await database.drop();
  expect(await cut).toBeInstanceOf(Error);
});
