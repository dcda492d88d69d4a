import { makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { query } from '../storage/postgres.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { waitFor } from '../testing/wait-for.ts';
import { type OperatorNotice, OperatorNotices, sendOperatorNotice } from './operator-notices.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

function listen() {
  const heard: OperatorNotice[] = [];
  const faults: unknown[] = [];
  const notices = new OperatorNotices({
    connection: database.database.config as object,
    clock: systemClock,
    deliver: (notice) => void heard.push(notice),
    onFault: (error) => void faults.push(error),
  });
  return { heard, faults, notices };
}

const cut = (): OperatorNotice => ({ kind: 'cut', userId: makeUuid() as UserId, reason: 'deactivated' });

test('[AUTH7] every node hears what is told by way of the database', async () => {
  const nodes = [listen(), listen()];
  await Promise.all(nodes.map(({ notices }) => notices.start()));
  const told: OperatorNotice[] = [cut(), { kind: 'role', userId: makeUuid() as UserId, role: 'guest' }];
  for (const notice of told) await sendOperatorNotice(database.db, notice);
  for (const { heard } of nodes) await waitFor('both are heard', () => heard.length === 2);
  for (const { heard, notices } of nodes) {
    expect(heard).toEqual(told);
    await notices.close();
  }
});

test('what is no notice is a fault of its sender, and ends nothing', async () => {
  const { heard, faults, notices } = listen();
  await notices.start();
  for (const text of ['', 'null', '{}', '{"kind":"joined"}', '{"kind":"cut","userId":"x","reason":"revoked"}']) {
    await query(database.db, `SELECT pg_notify('parley_notice', $1)`, [text]);
  }
  const good = cut();
  await sendOperatorNotice(database.db, good);
  await waitFor('the good one is heard', () => heard.length > 0);
  expect(heard).toEqual([good]);
  expect(faults).toHaveLength(5);
  await notices.close();
});

test('a connection that is cut is made anew', async () => {
  const { heard, notices } = listen();
  await notices.start();
  const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley notices' AND datname = current_database()`;
  await query(database.db, kill);
  const good = cut();
  await waitFor('it is heard again', async () => {
    await sendOperatorNotice(database.db, good);
    return heard.length > 0;
  });
  await notices.close();
  await query(database.db, kill);
});
