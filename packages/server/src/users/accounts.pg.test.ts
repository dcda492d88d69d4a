import { makeUuid, ROLES, type Role, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TEST_ORIGIN, testAccounts } from '../testing/test-accounts.ts';

const OPERATOR = { userId: null, address: null };

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

let lastName = 0;
const freshName = () => `member${++lastName}`;
const by = (userId: UserId) => ({ userId, address: '192.0.2.1' });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: unknown) => (error instanceof AppError ? error.code : Promise.reject(error)),
  );
describe('rank', () => {
  test('[AUTH9] who may change whom, and give which role', async () => {
    const rooms = testAccounts(database);
    await addUser(database, freshName(), 'owner');
    const rank = (role: Role) => ROLES.length - ROLES.indexOf(role);
    for (const actorRole of ROLES) {
      const actor = await addUser(database, freshName(), actorRole);
      const isAdmin = rank(actorRole) >= rank('admin');
      for (const targetRole of ROLES) {
        const target = await addUser(database, freshName(), targetRole);
        for (const role of [undefined, ...ROLES]) {
          const allowed = isAdmin && rank(actorRole) >= rank(targetRole) && (!role || rank(actorRole) >= rank(role));
          const outcome = await codeOf(rooms.accounts.update(by(actor), target, { role, displayName: 'New' }));
          expect([actorRole, targetRole, role, outcome]).toEqual([
            actorRole,
            targetRole,
            role,
            allowed ? 'ok' : 'forbidden',
          ]);
          await query(database.db, 'UPDATE users SET role = $2 WHERE id = $1', [target, targetRole]);
        }
        const created = codeOf(
          rooms.accounts.create(by(actor), { username: freshName(), kind: 'human', role: targetRole }),
        );
        expect(await created).toBe(isAdmin && rank(actorRole) >= rank(targetRole) ? 'ok' : 'forbidden');
      }
    }
  });

  test('[AUTH9] the present role decides, not the one that a session remembers', async () => {
    const rooms = testAccounts(database);
    const admin = await addUser(database, freshName(), 'admin');
    const member = await addUser(database, freshName());
    await rooms.accounts.update(OPERATOR, admin, { role: 'member' });
    expect(await codeOf(rooms.accounts.update(by(admin), member, { displayName: 'New' }))).toBe('forbidden');
    const closed = await addUser(database, freshName(), 'admin');
    await rooms.accounts.update(OPERATOR, closed, { deactivated: true });
    expect(await codeOf(rooms.accounts.update(by(closed), member, { displayName: 'New' }))).toBe('forbidden');
  });

  test('one who may not manage is told nothing of who exists', async () => {
    const rooms = testAccounts(database);
    const member = await addUser(database, freshName());
    const target = await addUser(database, freshName());
    const answer = async (userId: UserId) =>
      rooms.accounts.update(by(member), userId, { displayName: 'x' }).catch((error: unknown) => String(error));
    expect(await answer(makeUuid() as UserId)).toBe(await answer(target));
  });
});

describe('[AUTH8] the last owner', () => {
  test('cannot step down or be deactivated; bots and closed accounts do not count', async () => {
    const own = await migratedDatabase();
    try {
      const rooms = testAccounts(own);
      const owner = await addUser(own, 'owner', 'owner');
      await rooms.accounts.create(OPERATOR, { username: 'bot', kind: 'bot', role: 'owner' });
      const closed = await addUser(own, 'closed', 'owner');
      await rooms.accounts.update(OPERATOR, closed, { deactivated: true });
      for (const changes of [{ role: 'admin' as const }, { deactivated: true }]) {
        expect(await codeOf(rooms.accounts.update(by(owner), owner, changes))).toBe('last_owner');
        expect(await codeOf(rooms.accounts.update(OPERATOR, owner, changes))).toBe('last_owner');
      }
      const second = await addUser(own, 'second', 'owner');
      expect(await codeOf(rooms.accounts.update(by(second), owner, { role: 'admin' }))).toBe('ok');
      expect(await codeOf(rooms.accounts.update(OPERATOR, second, { deactivated: true }))).toBe('last_owner');
    } finally {
      await own.drop();
    }
  });

  test('of owners who take the role from each other at once, one stays', async () => {
    const own = await migratedDatabase();
    try {
      const rooms = testAccounts(own);
      for (let round = 0; round < 10; round++) {
        const [a, b] = await Promise.all([addUser(own, `a${round}`, 'owner'), addUser(own, `b${round}`, 'owner')]);
        await query(own.db, `UPDATE users SET role = 'member' WHERE id <> $1 AND id <> $2`, [a, b]);
        const outcomes = await Promise.all([
          codeOf(rooms.accounts.update(by(a), b, { role: 'member' })),
          codeOf(rooms.accounts.update(by(b), a, { deactivated: true })),
          codeOf(rooms.accounts.update(by(a), a, { role: 'admin' })),
          codeOf(rooms.accounts.update(by(b), b, { role: 'admin' })),
        ]);
        const owners = await query(own.db, `SELECT 1 FROM users WHERE role = 'owner' AND deactivated_at IS NULL`);
        expect([outcomes, owners.length]).toEqual([outcomes, 1]);
      }
    } finally {
      await own.drop();
    }
  });
});

describe('[AUTH7] what sockets are told', () => {
  test('a deactivation ends every session, and only then is acknowledged', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { token, user } = await rooms.signIn.withInvitation(
      { username: freshName(), password: 'a password' },
      undefined,
      TEST_ORIGIN,
    );
    await rooms.accounts.update(OPERATOR, user.id, { deactivated: true });
    expect(rooms.notices).toEqual([{ kind: 'cut', userId: user.id, reason: 'deactivated' }]);
    expect(await rooms.authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({ code: 'unauthenticated' });
    await rooms.accounts.update(OPERATOR, user.id, { deactivated: false });
    expect(await rooms.authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({ code: 'unauthenticated' });
    await rooms.signIn.withPassword(user.username, 'a password', TEST_ORIGIN);
  });

  test('a new password ends all other sessions; one’s own stays', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const account = { username: freshName(), password: 'old password' };
    const mine = await rooms.signIn.withInvitation(account, undefined, TEST_ORIGIN);
    const other = await rooms.signIn.withPassword(account.username, account.password, TEST_ORIGIN);
    const me = await rooms.authenticator.authenticate(mine.token, TEST_ORIGIN);
    if (me instanceof AppError) throw me;
    const { userId, credentialId } = me.actor;
    const change = (current: string | undefined) =>
      codeOf(rooms.accounts.changePassword({ ...by(userId), credentialId }, current, 'new password'));
    expect(await change(undefined)).toBe('bad_credentials');
    expect(await change('wrong password')).toBe('bad_credentials');
    expect(rooms.notices).toEqual([]);
    expect(await change('old password')).toBe('ok');
    expect(rooms.notices).toEqual([{ kind: 'cut', userId, reason: 'revoked', except: credentialId }]);
    expect(await rooms.authenticator.authenticate(mine.token, TEST_ORIGIN)).toMatchObject({ actor: { userId } });
    expect(await rooms.authenticator.authenticate(other.token, TEST_ORIGIN)).toBeInstanceOf(AppError);
    expect(await codeOf(rooms.signIn.withPassword(account.username, 'old password', TEST_ORIGIN))).toBe(
      'bad_credentials',
    );
  });

  test('of two password changes at once that know the same old one, one holds', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { user } = await rooms.signIn.withInvitation(
      { username: freshName(), password: 'old password' },
      undefined,
      TEST_ORIGIN,
    );
    const change = (password: string) =>
      codeOf(rooms.accounts.changePassword({ ...by(user.id), credentialId: makeUuid() }, 'old password', password));
    const outcomes = await Promise.all([change('new password 1'), change('new password 2')]);
    expect(outcomes.toSorted()).toEqual(['bad_credentials', 'ok']);
  });

  test('a role is told to live sockets; an unchanged one is not', async () => {
    const rooms = testAccounts(database);
    const userId = await addUser(database, freshName());
    await rooms.accounts.update(OPERATOR, userId, { role: 'admin' });
    expect(rooms.notices).toEqual([
      { kind: 'role', userId, role: 'admin' },
      { kind: 'frame', userId, json: expect.stringContaining('"role":"admin"') },
    ]);
    rooms.notices.length = 0;
    await rooms.accounts.update(OPERATOR, userId, { role: 'admin' });
    expect(rooms.notices).toEqual([]);
  });

  test('bots and users of a host application have no password to set', async () => {
    const rooms = testAccounts(database);
    const bot = await rooms.accounts.create(OPERATOR, { username: freshName(), kind: 'bot', role: 'member' });
    const hosted = await addUser(database, freshName());
    await query(database.db, 'UPDATE users SET external_id = $2 WHERE id = $1', [hosted, `|${hosted}`]);
    for (const userId of [bot.id, hosted]) {
      expect(await codeOf(rooms.accounts.update(OPERATOR, userId, { password: 'a password' }))).toBe('conflict');
      const own = rooms.accounts.changePassword({ ...by(userId), credentialId: '' }, undefined, 'a password');
      expect(await codeOf(own)).toBe('conflict');
    }
    const make = { username: freshName(), kind: 'bot', role: 'member', password: 'a password' } as const;
    expect(await codeOf(rooms.accounts.create(OPERATOR, make))).toBe('conflict');
  });
});

test('of many who take one name at once, one gets it', async () => {
  const rooms = testAccounts(database);
  const username = freshName();
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () =>
      codeOf(rooms.accounts.create(OPERATOR, { username, kind: 'human', role: 'member' })),
    ),
  );
  expect(outcomes.toSorted()).toEqual([...Array<string>(5).fill('conflict'), 'ok']);
});

describe('the directory', () => {
  const NAMES = ['dir-ada', 'dir-bob', 'dir-cyd', 'dir-dan', 'dir-eve'];

  test('pages by user name, finds by the start of either name, and hides closed accounts from members', async () => {
    const rooms = testAccounts(database);
    const ids = new Map<string, UserId>();
    for (const name of NAMES) ids.set(name, await addUser(database, name));
    const [ada, dan] = [ids.get('dir-ada'), ids.get('dir-dan')];
    if (ada === undefined || dan === undefined) throw new Error('no users');
    await rooms.accounts.update(OPERATOR, ada, { displayName: 'Dir-Zoë 100%_' });
    await rooms.accounts.update(OPERATOR, dan, { deactivated: true });
    const viewer = { userId: ada, serverRole: 'member' as Role };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await rooms.directory.list(viewer, { query: 'DIR-', cursor, limit: 2 });
      seen.push(...page.users.map((user) => user.username));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['dir-ada', 'dir-bob', 'dir-cyd', 'dir-eve']);
    const find = async (text: string, serverRole: Role = 'member') =>
      (await rooms.directory.list({ ...viewer, serverRole }, { query: text, limit: 200 })).users.map(
        (user) => user.username,
      );
    expect(await find('dir-zoë 100%_')).toEqual(['dir-ada']);
    expect(await find('dir-zo')).toEqual(['dir-ada']);
    expect(await find('%')).toEqual([]);
    expect(await find('_')).toEqual([]);
    expect(await find("'; DROP TABLE users --")).toEqual([]);
    expect(await find('dir-', 'admin')).toContain('dir-dan');
    const first = await rooms.directory.list(viewer, { query: 'dir-', limit: 1 });
    const foreign = rooms.directory.list(viewer, { query: 'other', cursor: first.nextCursor ?? '', limit: 1 });
    expect(await codeOf(foreign)).toBe('bad_cursor');
  });

  test('[AUTH12] guests see themselves and those whose channel they share, also after these left', async () => {
    const rooms = testAccounts(database);
    const [guest, mate, gone, stranger] = [
      await addUser(database, freshName(), 'guest'),
      await addUser(database, freshName()),
      await addUser(database, freshName()),
      await addUser(database, freshName()),
    ];
    const channelId = await addChannel(database, [mate, guest, gone]);
    const leave = (userId: UserId) =>
      query(database.db, 'UPDATE channel_members SET left_at = now() WHERE channel_id = $1 AND user_id = $2', [
        channelId,
        userId,
      ]);
    await leave(gone);
    const viewer = { userId: guest, serverRole: 'guest' as Role };
    const known = async () =>
      (await rooms.directory.get(viewer, [guest, mate, gone, stranger])).map((user) => user.id).toSorted();
    expect(await known()).toEqual([guest, mate, gone].toSorted());
    expect((await rooms.directory.list(viewer, { limit: 200 })).users.map((user) => user.id).toSorted()).toEqual(
      [guest, mate, gone].toSorted(),
    );
    await leave(guest);
    expect(await known()).toEqual([guest]);
  });
});

describe('API keys', () => {
  test('are for bots, made by admins, and void at once when revoked', async () => {
    const rooms = testAccounts(database);
    const admin = await addUser(database, freshName(), 'admin');
    const member = await addUser(database, freshName());
    const bot = await rooms.accounts.create(OPERATOR, { username: freshName(), kind: 'bot', role: 'member' });
    const wanted = { userId: bot.id, name: 'ci', scopes: ['read', 'write', 'read'] as const };
    expect(await codeOf(rooms.keys.create(by(member), wanted))).toBe('forbidden');
    expect(await codeOf(rooms.keys.create(by(admin), { ...wanted, userId: member }))).toBe('conflict');
    const { key, secret } = await rooms.keys.create(by(admin), wanted);
    expect(key.scopes).toEqual(['read', 'write']);
    expect(await rooms.authenticator.authenticate(secret, TEST_ORIGIN)).toMatchObject({
      actor: { userId: bot.id, credential: 'key', credentialId: key.id, scopes: ['read', 'write'] },
    });
    expect(await codeOf(rooms.keys.list(by(member)))).toBe('forbidden');
    expect(JSON.stringify(await rooms.keys.list(by(admin)))).not.toContain(secret);
    for (const keyId of [key.id, makeUuid()])
      expect(await codeOf(rooms.keys.revoke(by(member), keyId))).toBe('forbidden');
    const outcomes = await Promise.all([
      codeOf(rooms.keys.revoke(by(admin), key.id)),
      codeOf(rooms.keys.revoke(by(admin), key.id)),
    ]);
    expect(outcomes.toSorted()).toEqual(['not_found', 'ok']);
    expect(rooms.notices).toEqual([{ kind: 'cut', userId: bot.id, reason: 'revoked', sessionId: key.id }]);
    expect(await rooms.authenticator.authenticate(secret, TEST_ORIGIN)).toBeInstanceOf(AppError);
  });

  test('[AUTH9] an admin makes no key for a bot that may more than he', async () => {
    const rooms = testAccounts(database);
    const admin = await addUser(database, freshName(), 'admin');
    const bot = await rooms.accounts.create(OPERATOR, { username: freshName(), kind: 'bot', role: 'owner' });
    const wanted = { userId: bot.id, name: 'k', scopes: ['admin'] as const };
    expect(await codeOf(rooms.keys.create(by(admin), wanted))).toBe('forbidden');
    const { key } = await rooms.keys.create(OPERATOR, wanted);
    expect(await codeOf(rooms.keys.revoke(by(admin), key.id))).toBe('forbidden');
  });
});

test('the audit tells who did what, and holds no secret', async () => {
  const rooms = testAccounts(database, { signUp: 'open' });
  const admin = await addUser(database, freshName(), 'admin');
  const { user, token } = await rooms.signIn.withInvitation(
    { username: freshName(), password: 'very secret words' },
    undefined,
    TEST_ORIGIN,
  );
  await rooms.accounts.update(by(admin), user.id, { role: 'guest', password: 'other secret words' });
  const rows = await query<{ action: string; actor_id: string; details: object }>(
    database.db,
    'SELECT * FROM audit_log WHERE target = $1::text OR actor_id = $1::uuid ORDER BY id',
    [user.id],
  );
  expect(rows.map((row) => [row.action, row.actor_id])).toEqual([
    ['auth.sign_up', user.id],
    ['auth.sign_in', user.id],
    ['user.updated', admin],
  ]);
  expect(rows[2]?.details).toEqual({ role: 'guest', password: true });
  expect(JSON.stringify(rows)).not.toMatch(new RegExp(`secret words|${token}`));
});
