import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCuttableProxy } from '../testing/cuttable-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { waitFor } from '../testing/wait-for.ts';
import { isAway, openPostgres, query } from './postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a connection on which no answer comes is given up, and the next query gets another one', async () => {
  const { host = '', port = 0 } = database.config;
  const proxy = await startCuttableProxy(`${host}/.s.PGSQL.${port}`);
  const postgres = openPostgres({
    connection: { ...database.config, host: '127.0.0.1', port: proxy.port },
    maxConnections: 1,
    statementTimeoutMs: 300,
    onError: () => {},
  });
  try {
    expect(await query(postgres.db, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    proxy.silence();
    const error = await query(postgres.db, 'SELECT 2').catch((reason: unknown) => reason);
    expect(isAway(error)).toBe(true);
    expect(await query(postgres.db, 'SELECT 3 AS three')).toEqual([{ three: 3 }]);
    proxy.silence();
    const second = await postgres.db
      .transaction()
      .execute((tx) => query(tx, 'SELECT 4'))
      .catch((reason: unknown) => reason);
    expect(isAway(second)).toBe(true);
    expect(await query(postgres.db, 'SELECT 5 AS five')).toEqual([{ five: 5 }]);
  } finally {
    await postgres.close();
    await proxy.close();
  }
});

test('a connection that ends in the middle of a transaction fails that transaction, and not the process', async () => {
  const open = () =>
    openPostgres({ connection: database.config, maxConnections: 1, statementTimeoutMs: 5_000, onError: () => {} });
  const [one, other] = [open(), open()];
  try {
    const failure = await one.db
      .transaction()
      .execute(async (tx) => {
        const [row] = await query<{ pid: number }>(tx, 'SELECT pg_backend_pid() AS pid');
        await query(other.db, 'SELECT pg_terminate_backend($1)', [row?.pid]);
        await waitFor('the connection is gone', async () => {
          const left = await query(other.db, 'SELECT FROM pg_stat_activity WHERE pid = $1', [row?.pid]);
          return left.length === 0;
        });
        return await query(tx, 'SELECT 1');
      })
      .catch((reason: unknown) => reason);
    expect(isAway(failure)).toBe(true);
    expect(await query(one.db, 'SELECT 2 AS two')).toEqual([{ two: 2 }]);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

test('closing ends the connections of a pool that only statements of its own were run on', async () => {
  const options = { connection: database.config, maxConnections: 1, statementTimeoutMs: 5_000, onError: () => {} };
  const postgres = openPostgres(options);
  await postgres.pool.query('SELECT 1');
  await postgres.close();
  // What is left of a pool keeps a process alive until its connections have been idle for long.
  expect(postgres.pool).toMatchObject({ ended: true, totalCount: 0 });
  await postgres.close();
});
