import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OperatorNotices } from '../fanout/operator-notices.ts';
import { systemClock } from '../lib/clock.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TEST_ORIGIN, testAccounts } from '../testing/test-accounts.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { waitFor } from '../testing/wait-for.ts';
import { keyCommand } from './key-command.ts';
import { runProgram } from './run-program.ts';
import { tokenCommand } from './token-command.ts';
import { userCommand } from './user-command.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

async function parley(line: string, input = '', url = database.database.connectionString) {
  let out = '';
  let complaint = '';
  const terminal = {
    env: { DATABASE_URL: url },
    out: (text: string) => {
      out += text;
    },
    readInput: () => Promise.resolve(input),
  };
  const program = new Command('parley')
    .addCommand(userCommand(terminal))
    .addCommand(tokenCommand(terminal))
    .addCommand(keyCommand(terminal));
  const code = await runProgram(program, line.split(' '), (text) => {
    complaint += text;
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const json = (): any => JSON.parse(out);
  return { code, out, complaint, json };
}

describe('parley user', () => {
  test('makes users whose passwords work, printed or given', async () => {
    const rooms = testAccounts(database);
    const made = await parley('user create ada --name Ada --role owner --json');
    expect([made.code, made.complaint]).toEqual([0, '']);
    expect(made.json()).toMatchObject({ username: 'ada', name: 'Ada', role: 'owner', kind: 'human' });
    await rooms.signIn.withPassword('ada', made.json().password, TEST_ORIGIN);
    const given = await parley('user create bob --password-stdin --json', 'a given password\n');
    expect(given.json()).not.toHaveProperty('password');
    await rooms.signIn.withPassword('bob', 'a given password', TEST_ORIGIN);
    const listed = await parley('user list');
    expect(listed.out).toMatch(/^username +name +role/);
    expect(listed.out).toMatch(/ada +Ada +owner +human +false/);
    expect((await parley('user list --query bo --json')).json()).toHaveLength(1);
  });

  test('ends with 1 and a sentence where it cannot, with 2 where it is misused', async () => {
    for (const [line, code, words] of [
      ['user create ada', 1, 'the user name is taken'],
      ['user role nobody member', 1, 'nobody is called nobody'],
      ['user role ada member', 1, 'name another owner first'],
      ['user deactivate ada', 1, 'name another owner first'],
      ['user password bob --password-stdin', 1, 'it needs 8 to 256 characters'],
      ['token revoke nothing', 1, 'there is none with this id'],
      ['key revoke 00000000-0000-7000-8000-000000000000', 1, 'there is none with this id'],
      ['token create', 2, 'required option'],
      ['user create', 2, 'missing required argument'],
      ['user create A!', 2, 'letter or digit'],
      ['user role ada king', 2, 'one of owner, admin, member, guest'],
      ['user frob', 2, 'unknown command'],
      ['user list --frob', 2, 'unknown option'],
      ['key create --user ada --name x --scopes root', 2, 'some of read,write,manage,admin'],
      ['token create --user ada --days 0', 2, 'a whole number of days'],
    ] as const) {
      const answer = await parley(line, 'short');
      expect([line, answer.code]).toEqual([line, code]);
      expect(answer.complaint).toContain(words);
      expect(answer.complaint).not.toMatch(/\n +at /);
    }
    expect((await parley('user --help')).code).toBe(0);
  });

  test('[AUTH7] a running server hears of a closed account at once', async () => {
    const rooms = testAccounts(database);
    const heard: unknown[] = [];
    const server = new OperatorNotices({
      connection: database.database.config as object,
      clock: systemClock,
      deliver: (notice) => void heard.push(notice),
      onFault: (error) => {
        throw error;
      },
    });
    await server.start();
    await parley('user create eve --password-stdin', 'a given password');
    const { token, user } = await rooms.signIn.withPassword('eve', 'a given password', TEST_ORIGIN);
    expect((await parley('user deactivate eve')).code).toBe(0);
    await waitFor('the server has heard', () => heard.length > 0);
    expect(heard).toEqual([{ kind: 'cut', userId: user.id, reason: 'deactivated' }]);
    expect(await rooms.authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({ code: 'unauthenticated' });
    expect((await parley('user activate eve --json')).json()).toMatchObject({ deactivated: false });
    await server.close();
  });

  test('a new password replaces the old', async () => {
    const rooms = testAccounts(database);
    await parley('user create fay --password-stdin', 'a given password');
    const { password } = (await parley('user password fay --json')).json();
    await rooms.signIn.withPassword('fay', password, TEST_ORIGIN);
    await expect(rooms.signIn.withPassword('fay', 'a given password', TEST_ORIGIN)).rejects.toThrow('do not match');
  });
});

describe('parley token', () => {
  test('makes, lists and ends sessions', async () => {
    const rooms = testAccounts(database);
    await parley('user create gus');
    const { token } = (await parley('token create --user gus --days 3650 --json')).json();
    expect(await rooms.authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({ user: { username: 'gus' } });
    const [session] = (await parley('token list --user gus --json')).json();
    expect(session).toMatchObject({ address: 'local', agent: 'command line' });
    expect((await parley(`token revoke ${session.id} --json`)).json()).toEqual({ revoked: session.id, user: 'gus' });
    expect(await rooms.authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({ code: 'unauthenticated' });
    expect((await parley('token list --user gus')).out).toBe('none\n');
  });

  test('bots get none', async () => {
    await parley('user create hal --bot');
    expect((await parley('token create --user hal')).complaint).toContain('bots use `parley key create`');
  });
});

test('parley key makes, lists and ends keys of bots', async () => {
  const rooms = testAccounts(database);
  await parley('user create ivy --bot');
  const made = (await parley('key create --user ivy --name ci --scopes read,write --days 30 --json')).json();
  expect(await rooms.authenticator.authenticate(made.key, TEST_ORIGIN)).toMatchObject({
    actor: { scopes: ['read', 'write'] },
  });
  const listed = await parley('key list --user ivy');
  expect(listed.out).toContain('read,write');
  expect(listed.out).not.toContain(made.key);
  expect((await parley(`key revoke ${made.id}`)).code).toBe(0);
  expect((await parley('key list --json')).json()).toEqual([]);
  expect((await parley('key create --user ada --name x --scopes read')).complaint).toContain('keys are for bots');
});

test('a database without the newest schema is refused with what to do', async () => {
  const empty = await createTestDatabase();
  const answer = await parley('user list', '', empty.connectionString);
  expect(answer.code).toBe(1);
  expect(answer.complaint).toContain('parley migrate up');
  await empty.drop();
});
