import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { TEST_ORIGIN, testAccounts } from '../testing/test-accounts.ts';
import { startTestNode } from '../testing/test-node.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

test('[AUTH7] a credential that is revoked between its check and the first notice does not stay open', async () => {
  const rooms = testAccounts(database, { signUp: 'open' });
  const node = await startTestNode(
    database,
    {},
    {
      authenticate: async (token, from) => {
        const found = await rooms.authenticator.authenticate(token, from);
        // Right here: the socket is not registered yet, so the notice finds nobody to cut.
        if (!(found instanceof AppError)) await rooms.sessions.signOut(found.actor);
        return found;
      },
      recheckOne: (actor) => rooms.authenticator.recheckOne(actor),
    },
  );
  const account = { username: 'late', password: 'a good password' };
  const { token } = await rooms.signIn.withInvitation(account, undefined, TEST_ORIGIN);
  const client = new SocketClient(node.url);
  await client.opened();
  client.say({ t: 'hello', protocol: 1, token });
  expect((await client.closed).code).toBe(4501);
  expect(client.of('sync')).toEqual([]);
  await node.stop();
});

test('[AUTH9] a role that changes between the check and the first notice is the new one', async () => {
  const rooms = testAccounts(database, { signUp: 'open' });
  const account = { username: 'demoted', password: 'a good password' };
  const { token, user } = await rooms.signIn.withInvitation(account, undefined, TEST_ORIGIN);
  const node = await startTestNode(
    database,
    {},
    {
      authenticate: async (given, from) => {
        const found = await rooms.authenticator.authenticate(given, from);
        await rooms.accounts.update({ userId: null, address: null }, user.id, { role: 'guest' });
        return found;
      },
      recheckOne: (actor) => rooms.authenticator.recheckOne(actor),
    },
  );
  const client = await SocketClient.connect(node.url, token);
  expect([...node.gateway.sessions()].map((session) => session.actor?.serverRole)).toEqual(['guest']);
  client.close();
  await node.stop();
});
