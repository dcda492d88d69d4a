import { createHmac } from 'node:crypto';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from './app.ts';
import { runProgram } from './cli/run-program.ts';
import { tokenCommand } from './cli/token-command.ts';
import { userCommand } from './cli/user-command.ts';
import { SocketClient } from './testing/socket-client.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { type ServedApp, serveApp } from './testing/whole-server.ts';

const SECRET = 'a secret of the host application, long enough';
const PASSWORD = 'a good password';
const WIDE = { PARLEY_RATE_SIGN_INS: 'off', PARLEY_RATE_SIGN_UPS: 'off', PARLEY_CONNECT_RATE_PER_ADDRESS: 'off' };

let database: TestDatabase;
let app: App;
let url: string;
let call: ServedApp['call'];
let owner: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ app, url, call } = await serveApp(database.config, { ...WIDE, PARLEY_JWT_SECRET: SECRET }));
  const ownerToken = await app.ensureOwnerToken();
  owner = (await ask('POST', '/auth/claim-owner', { ownerToken, username: 'owner', password: PASSWORD })).token;
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

/** The body of an answer that is good; throws the code of one that is not. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
async function ask(method: string, path: string, body?: object, token?: string): Promise<any> {
  const answer = await call(method, path, body, token);
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.body.code}`);
  return answer.body;
}

let lastName = 0;
const signUp = () => ask('POST', '/auth/sign-up', { username: `person${++lastName}`, password: PASSWORD });
const signIn = (username: string) => ask('POST', '/auth/sign-in', { username, password: PASSWORD });
const connect = (token: string) => SocketClient.connect(`${url.replace('http', 'ws')}/v1/socket`, token);

async function expectAlive(client: SocketClient): Promise<void> {
  client.say({ t: 'ping' });
  await client.until('pong');
  client.close();
}

async function parley(...args: string[]): Promise<string> {
  let out = '';
  const terminal = {
    env: { DATABASE_URL: database.connectionString },
    out: (text: string) => {
      out += text;
    },
    readInput: () => Promise.resolve(''),
  };
  const program = new Command('parley').addCommand(userCommand(terminal)).addCommand(tokenCommand(terminal));
  expect(await runProgram(program, args)).toBe(0);
  return out;
}

function jwtFor(sub: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part({ sub, aud: 'parley', exp: Math.floor(Date.now() / 1_000) + 300 })}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('[AUTH7] live sockets end with what let them in', () => {
  test('a session ended from another device', async () => {
    const { token: mine, user } = await signUp();
    const { token: other } = await signIn(user.username);
    const [kept, cut] = [await connect(mine), await connect(other)];
    const { sessionId } = await cut.until('welcome');
    await ask('DELETE', `/me/sessions/${sessionId}`, undefined, mine);
    expect((await cut.closed).code).toBe(4501);
    await expectAlive(kept);
  });

  test('a new password ends the others, given over the socket too', async () => {
    const { token: mine, user } = await signUp();
    const { token: other } = await signIn(user.username);
    const [kept, cut] = [await connect(mine), await connect(other)];
    await kept.run('me.update', { password: 'another password', currentPassword: PASSWORD });
    expect((await cut.closed).code).toBe(4501);
    await expectAlive(kept);
  });

  test('a password set by an admin ends all', async () => {
    const { token, user } = await signUp();
    const cut = await connect(token);
    await ask('PATCH', `/users/${user.id}`, { password: 'another password' }, owner);
    expect((await cut.closed).code).toBe(4501);
  });

  test('a closed account', async () => {
    const { token, user } = await signUp();
    const cut = await connect(token);
    await ask('PATCH', `/users/${user.id}`, { deactivated: true }, owner);
    expect((await cut.closed).code).toBe(4502);
    await expect(ask('GET', '/me', undefined, token)).rejects.toThrow('unauthenticated');
  });

  test('an API key', async () => {
    const bot = await ask('POST', '/users', { username: 'bot', kind: 'bot' }, owner);
    const wanted = { userId: bot.id, name: 'k', scopes: ['read', 'write'] };
    const [kept, ended] = [await ask('POST', '/keys', wanted, owner), await ask('POST', '/keys', wanted, owner)];
    const [alive, cut] = [await connect(kept.secret), await connect(ended.secret)];
    await ask('DELETE', `/keys/${ended.key.id}`, undefined, owner);
    expect((await cut.closed).code).toBe(4501);
    await expectAlive(alive);
  });

  test('a host token that was signed out', async () => {
    const token = jwtFor('host-user');
    const cut = await connect(token);
    await ask('POST', '/auth/sign-out', {}, token);
    expect((await cut.closed).code).toBe(4501);
    await expect(ask('GET', '/me', undefined, token)).rejects.toThrow('unauthenticated');
  });

  test('what the command line ends', async () => {
    const [one, two] = [await signUp(), await signUp()];
    const [closed, revoked] = [await connect(one.token), await connect(two.token)];
    await parley('user', 'deactivate', one.user.username);
    expect((await closed.closed).code).toBe(4502);
    const { sessionId } = await revoked.until('welcome');
    await parley('token', 'revoke', sessionId);
    expect((await revoked.closed).code).toBe(4501);
  });
});

test('[AUTH9] a role that was taken is taken on open sockets, and its holder is told', async () => {
  const { token, user } = await signUp();
  await ask('PATCH', `/users/${user.id}`, { role: 'admin' }, owner);
  const client = await connect(token);
  await client.run('user.create', { username: `made-by-${user.username}` });
  await ask('PATCH', `/users/${user.id}`, { role: 'guest' }, owner);
  const told = await client.until('user');
  expect(told.user).toMatchObject({ id: user.id, role: 'guest' });
  expect(await client.ask('user.create', { username: 'one-more' })).toMatchObject({ t: 'error', code: 'forbidden' });
  // Guests make no channels: decided by what the socket remembers of its role.
  const channel = await client.ask('channel.create', { kind: 'public', name: 'by a guest' });
  expect(channel).toMatchObject({ t: 'error', code: 'forbidden' });
  client.close();
});

test('[AUTH7] a sign-out that races a connect leaves no socket open', async () => {
  const { user } = await signUp();
  for (let round = 0; round < 20; round++) {
    const { token } = await signIn(user.username);
    const client = new SocketClient(`${url.replace('http', 'ws')}/v1/socket`);
    await client.opened();
    const signOut = async () => {
      for (let turn = 0; turn < round % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      await ask('POST', '/auth/sign-out', {}, token);
    };
    client.say({ t: 'hello', protocol: 1, token });
    await signOut();
    expect([4500, 4501]).toContain((await client.closed).code);
  }
});
