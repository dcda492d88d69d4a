import { createHmac } from 'node:crypto';
import type { UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { openPostgres, query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TEST_ORIGIN, testAccounts } from '../testing/test-accounts.ts';
import type { Actor } from './actor.ts';
import { Authenticator } from './authenticate.ts';
import { createHostJwt } from './host-jwt.ts';
import { usernameFrom } from './host-users.ts';
import { makeToken } from './tokens.ts';
import { purgeCredentials } from './upkeep.ts';

const OPERATOR = { userId: null, address: null };
const DAY_MS = 86_400_000;
const SECRET = 'a secret of the host application, long enough';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

type Rooms = ReturnType<typeof testAccounts>;
let lastName = 0;
const freshName = () => `person${++lastName}`;

async function actorOf(rooms: Rooms, token: string): Promise<Actor> {
  const found = await rooms.authenticator.authenticate(token, TEST_ORIGIN);
  if (found instanceof AppError) throw found;
  return found.actor;
}

async function codeOf(rooms: Rooms, token: string): Promise<string> {
  const found = await rooms.authenticator.authenticate(token, TEST_ORIGIN);
  return found instanceof AppError ? found.code : 'ok';
}

async function signUp(rooms: Rooms) {
  return rooms.signIn.withInvitation({ username: freshName(), password: 'a password' }, undefined, TEST_ORIGIN);
}

describe('sessions', () => {
  test('a token gives its user as an actor, with where it comes from', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { token, user, expiresAt } = await signUp(rooms);
    expect(await rooms.authenticator.authenticate(token, { address: '192.0.2.9', userAgent: 'x' })).toEqual({
      actor: {
        userId: user.id,
        serverRole: 'member',
        kind: 'human',
        credential: 'session',
        credentialId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        scopes: null,
        address: '192.0.2.9',
        expiresAt,
      },
      user,
    });
  });

  test('tokens that are none are refused alike', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { token } = await signUp(rooms);
    const bad = [
      '',
      ' ',
      token.slice(0, -1),
      `${token} `,
      ` ${token}`,
      token.toUpperCase(),
      `${token}\u0000`,
      makeToken('session'),
    ];
    bad.push(
      makeToken('key'),
      makeToken('invitation'),
      'null',
      'undefined',
      '[object Object]',
      "' OR ''='",
      'x'.repeat(1e6),
    );
    const answers = await Promise.all(bad.map((text) => rooms.authenticator.authenticate(text, TEST_ORIGIN)));
    expect(new Set(answers.map((answer) => (answer instanceof AppError ? answer.message : 'let in'))).size).toBe(1);
    expect(answers[0]).toMatchObject({ code: 'unauthenticated' });
  });

  test('many tokens at once are each answered for themselves', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const signed = await Promise.all(Array.from({ length: 5 }, () => signUp(rooms)));
    const tokens = Array.from({ length: 1_000 }, (_, index) => signed[index % 7]?.token ?? makeToken('session'));
    const answers = await Promise.all(tokens.map((token) => rooms.authenticator.authenticate(token, TEST_ORIGIN)));
    for (const [index, answer] of answers.entries()) {
      const expected = signed[index % 7]?.user.id;
      expect(answer instanceof AppError ? undefined : answer.actor.userId).toBe(expected);
    }
  });

  test('a session that is used lives on; one that is not ends', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const [used, unused] = [await signUp(rooms), await signUp(rooms)];
    for (let day = 0; day < 100; day += 10) {
      await rooms.clock.advance(10 * DAY_MS);
      if (day < 80) expect(await codeOf(rooms, used.token)).toBe('ok');
      await rooms.lastSeen.flush();
    }
    expect(await codeOf(rooms, used.token)).toBe('ok');
    expect(await codeOf(rooms, unused.token)).toBe('unauthenticated');
    await purgeCredentials(database.db, rooms.clock.now());
    const left = await query<{ user_id: UserId }>(database.db, 'SELECT user_id FROM sessions WHERE user_id = ANY($1)', [
      [used.user.id, unused.user.id],
    ]);
    expect(left).toEqual([{ user_id: used.user.id }]);
  });

  test('the last use is written at most once a minute', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { token, user } = await signUp(rooms);
    const lastSeen = async () =>
      (
        await query<{ at: number }>(database.db, 'SELECT last_seen_at AS at FROM sessions WHERE user_id = $1', [
          user.id,
        ])
      )[0]?.at;
    const start = rooms.clock.now();
    await rooms.clock.advance(59_000);
    await codeOf(rooms, token);
    await rooms.lastSeen.flush();
    expect(await lastSeen()).toBe(start);
    await rooms.clock.advance(1_000);
    await codeOf(rooms, token);
    await rooms.lastSeen.flush();
    expect(await lastSeen()).toBe(start + 60_000);
  });

  test('while the database is away the answer is busy, not a refusal', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { token } = await signUp(rooms);
    const away = openPostgres({
      connection: { host: '/nowhere', user: 'x', database: 'x' },
      maxConnections: 1,
      statementTimeoutMs: 1_000,
      onError: () => {},
    });
    const authenticator = new Authenticator({ ...rooms, db: away.db, hostJwt: null });
    expect(await authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({ code: 'busy', retryAfterMs: 1_000 });
    await away.close();
  });
});

describe('looking again', () => {
  test('[AUTH7] gives those that still hold, with their present role, and leaves out the void ones', async () => {
    const rooms = testAccounts(database, { signUp: 'open', hostJwt: hostJwt() });
    const [keeps, ends, closed] = [await signUp(rooms), await signUp(rooms), await signUp(rooms)];
    const bot = await rooms.accounts.create(OPERATOR, { username: freshName(), kind: 'bot', role: 'member' });
    const wanted = { userId: bot.id, name: 'k', scopes: ['read'] as const };
    const [key, endedKey] = [await rooms.keys.create(OPERATOR, wanted), await rooms.keys.create(OPERATOR, wanted)];
    const tokens = [
      keeps.token,
      ends.token,
      closed.token,
      key.secret,
      endedKey.secret,
      jwtFor(rooms, 'again-1'),
      jwtFor(rooms, 'again-2'),
    ];
    const actors: Actor[] = [];
    for (const token of tokens) actors.push(await actorOf(rooms, token));
    const [a, b, , , , , jwt] = actors;
    if (a === undefined || b === undefined || jwt === undefined) throw new Error('no actors');
    await rooms.sessions.signOut(b);
    await rooms.sessions.signOut(jwt);
    await rooms.accounts.update(OPERATOR, closed.user.id, { deactivated: true });
    await rooms.accounts.update(OPERATOR, keeps.user.id, { role: 'admin' });
    await rooms.keys.revoke(OPERATOR, endedKey.key.id);
    const good = await rooms.authenticator.recheck(actors);
    expect([...good.keys()].toSorted()).toEqual([a.credentialId, key.key.id, actors[5]?.credentialId ?? ''].toSorted());
    expect(good.get(a.credentialId)).toEqual({ ...a, serverRole: 'admin' });
    expect(await rooms.authenticator.recheck([])).toEqual(new Map());
  });
});

function hostJwt() {
  return createHostJwt({ secret: SECRET, algorithms: [], audience: 'parley' });
}

function jwtFor(rooms: Rooms, sub: string, more: object = {}): string {
  const payload = { sub, aud: 'parley', exp: Math.floor(rooms.clock.now() / 1_000) + 300, ...more };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('host tokens', () => {
  test('[AUTH11] first sights that race make one user', async () => {
    const rooms = testAccounts(database, { hostJwt: hostJwt() });
    const token = jwtFor(rooms, 'racer', { name: 'Race Ř', preferred_username: 'Race.Ř' });
    const actors = await Promise.all(Array.from({ length: 12 }, () => actorOf(rooms, token)));
    expect(new Set(actors.map((actor) => actor.userId)).size).toBe(1);
    const users = await query(database.db, `SELECT username, display_name FROM users WHERE external_id = '|racer'`);
    expect(users).toEqual([{ username: 'race.r', display_name: 'Race Ř' }]);
  });

  test('users of one wish for a name get different ones; subjects are different users', async () => {
    const rooms = testAccounts(database, { hostJwt: hostJwt() });
    const tokens = ['n-1', 'n-2', 'n-3'].map((sub) => jwtFor(rooms, sub, { preferred_username: 'wanted' }));
    await Promise.all(tokens.map((token) => actorOf(rooms, token)));
    const rows = await query<{ username: string }>(
      database.db,
      `SELECT username FROM users WHERE external_id LIKE '|n-%'`,
    );
    expect(new Set(rows.map((row) => row.username)).size).toBe(3);
    for (const { username } of rows) expect(username).toMatch(/^wanted(-[0-9a-f]{8})?$/);
  });

  test('a local account is never taken over by its name', async () => {
    const rooms = testAccounts(database, { hostJwt: hostJwt() });
    const local = await addUser(database, 'local-owner', 'owner');
    const actor = await actorOf(
      rooms,
      jwtFor(rooms, 'local-owner', { preferred_username: 'local-owner', role: 'owner' }),
    );
    expect(actor.userId).not.toBe(local);
    expect(actor.serverRole).toBe('member');
  });

  test('[AUTH7] a signed-out token is void before its end, a fresh one is not; a closed account refuses both', async () => {
    const rooms = testAccounts(database, { hostJwt: hostJwt() });
    const first = jwtFor(rooms, 'leaver');
    const actor = await actorOf(rooms, first);
    await rooms.sessions.signOut(actor);
    expect(rooms.notices).toEqual([
      { kind: 'cut', userId: actor.userId, reason: 'revoked', sessionId: actor.credentialId },
    ]);
    expect(await codeOf(rooms, first)).toBe('unauthenticated');
    const second = jwtFor(rooms, 'leaver', { jti: 'another' });
    expect(await codeOf(rooms, second)).toBe('ok');
    await rooms.accounts.update(OPERATOR, actor.userId, { deactivated: true });
    expect(await codeOf(rooms, second)).toBe('unauthenticated');
    await purgeCredentials(database.db, rooms.clock.now() + DAY_MS);
    expect(await query(database.db, 'SELECT id FROM revoked_tokens')).toEqual([]);
  });

  test('a new name of the host application is taken over', async () => {
    const rooms = testAccounts(database, { hostJwt: hostJwt() });
    await actorOf(rooms, jwtFor(rooms, 'renamed', { name: 'Old' }));
    const found = await rooms.authenticator.authenticate(jwtFor(rooms, 'renamed', { name: 'New' }), TEST_ORIGIN);
    expect(found).toMatchObject({ user: { displayName: 'New' } });
    expect(
      await rooms.authenticator.authenticate(jwtFor(rooms, 'renamed', { name: 'N\u0000' }), TEST_ORIGIN),
    ).toMatchObject({
      user: { displayName: 'New' },
    });
  });

  test.each([
    ['Ada Lovelace', 'ada-lovelace'],
    ['ADA', 'ada'],
    ['..ada..', 'ada'],
    ['Ünïcödé', 'unicode'],
    ['a@b.example', 'a-b.example'],
    ['x'.repeat(100), 'x'.repeat(32)],
  ])('%s becomes the user name %s', (name, expected) => expect(usernameFrom(name)).toBe(expected));

  test.each([null, '', 'a', '日本', '---', '\u0000'])('%s becomes a made-up user name', (name) =>
    expect(usernameFrom(name)).toMatch(/^user-[0-9a-f]{8}$/),
  );

  test('without a key set for them they are refused', async () => {
    const rooms = testAccounts(database);
    expect(await codeOf(rooms, jwtFor(rooms, 'anybody'))).toBe('unauthenticated');
  });
});
