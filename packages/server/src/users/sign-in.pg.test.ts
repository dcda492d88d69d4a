import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { TEST_ORIGIN, testAccounts } from '../testing/test-accounts.ts';
import { deleteInvitation, insertInvitation } from './invitation-store.ts';
import { ensureOwnerToken } from './owner-token.ts';
import { makeToken } from './tokens.ts';

let database: MigratedDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

let lastName = 0;
const freshName = () => `user${++lastName}`;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: unknown) => (error instanceof AppError ? error.code : Promise.reject(error)),
  );

async function invite(
  rooms: ReturnType<typeof testAccounts>,
  more: Partial<Parameters<typeof insertInvitation>[1]> = {},
) {
  const code = makeToken('invitation');
  const invitation = await insertInvitation(database.db, {
    id: makeUuid(),
    code,
    channelId: null,
    role: 'member',
    createdBy: null,
    nowMs: rooms.clock.now(),
    expiresAtMs: rooms.clock.now() + 60_000,
    maxUses: 1,
    ...more,
  });
  return { code, id: invitation.id };
}

describe('passwords', () => {
  test('[AUTH1] a sign-in gives a token that authenticates; what is stored cannot', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const account = { username: freshName(), password: 'correct horse' };
    const made = await rooms.signIn.withInvitation(account, undefined, TEST_ORIGIN);
    const again = await rooms.signIn.withPassword(account.username.toUpperCase(), 'correct horse', TEST_ORIGIN);
    expect(again.token).not.toBe(made.token);
    for (const { token } of [made, again]) {
      expect(await rooms.authenticator.authenticate(token, TEST_ORIGIN)).toMatchObject({
        actor: { userId: made.user.id },
      });
    }
    const dump = JSON.stringify([
      await query(
        database.db,
        `SELECT *, encode(token_hash, 'escape') AS t, encode(token_hash, 'base64') AS u FROM sessions`,
      ),
      await query(database.db, 'SELECT * FROM users'),
      await query(database.db, 'SELECT * FROM audit_log'),
    ]);
    for (const secret of [made.token, again.token, made.token.slice(4), 'correct horse'])
      expect(dump).not.toContain(secret);
  });

  test('[AUTH2] unknown name, wrong password, closed account, bot and host user get one and the same answer', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const password = 'correct horse';
    const closed = await rooms.signIn.withInvitation({ username: freshName(), password }, undefined, TEST_ORIGIN);
    await rooms.accounts.update({ userId: null, address: null }, closed.user.id, { deactivated: true });
    const open = await rooms.signIn.withInvitation({ username: freshName(), password }, undefined, TEST_ORIGIN);
    const hosted = await rooms.signIn.withInvitation({ username: freshName(), password }, undefined, TEST_ORIGIN);
    await query(database.db, `UPDATE users SET external_id = 'host|1' WHERE id = $1`, [hosted.user.id]);
    const bot = await rooms.accounts.create(
      { userId: null, address: null },
      { username: freshName(), kind: 'bot', role: 'member' },
    );
    const tries = [
      ['nobody-here', password],
      [open.user.username, 'wrong horse'],
      [open.user.username, ''],
      [closed.user.username, password],
      [hosted.user.username, password],
      [bot.username, ''],
    ] as const;
    const answers = new Set<string>();
    for (const [name, tried] of tries) {
      const answer = await rooms.signIn.withPassword(name, tried, TEST_ORIGIN).catch((error: unknown) => error);
      if (!(answer instanceof AppError)) throw new Error('signed in');
      answers.add(`${answer.code} ${answer.message} ${answer.retryAfterMs} ${JSON.stringify(answer.issues)}`);
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain('bad_credentials');
  });

  test('[AUTH2] an unknown name costs a hash, as a known one does', async () => {
    const rooms = testAccounts(database);
    let hashes = 0;
    const verify = rooms.hasher.verify.bind(rooms.hasher);
    rooms.hasher.verify = (stored, password) => {
      hashes += 1;
      return verify(stored, password);
    };
    await codeOf(rooms.signIn.withPassword('nobody-here', 'x', TEST_ORIGIN));
    expect(hashes).toBe(1);
  });

  test('[AUTH3] a password that changes between its check and its session lets nobody in', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const { user } = await rooms.signIn.withInvitation(
      { username: freshName(), password: 'old password' },
      undefined,
      TEST_ORIGIN,
    );
    const verify = rooms.hasher.verify.bind(rooms.hasher);
    rooms.hasher.verify = async (stored, password) => {
      const matches = await verify(stored, password);
      await rooms.accounts.update({ userId: null, address: null }, user.id, { password: 'new password' });
      return matches;
    };
    expect(await codeOf(rooms.signIn.withPassword(user.username, 'old password', TEST_ORIGIN))).toBe('bad_credentials');
    expect(await query(database.db, 'SELECT id FROM sessions WHERE user_id = $1', [user.id])).toEqual([]);
  });

  test('[AUTH3] sign-ins that race a deactivation leave no session behind', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    for (let round = 0; round < 5; round++) {
      const { user } = await rooms.signIn.withInvitation(
        { username: freshName(), password: 'a password' },
        undefined,
        TEST_ORIGIN,
      );
      await Promise.all([
        ...Array.from({ length: 4 }, () => codeOf(rooms.signIn.withPassword(user.username, 'a password', TEST_ORIGIN))),
        rooms.accounts.update({ userId: null, address: null }, user.id, { deactivated: true }),
      ]);
      expect(await query(database.db, 'SELECT id FROM sessions WHERE user_id = $1', [user.id])).toEqual([]);
    }
  });

  test('the sessions of one user are bounded; the longest unused goes, and its sockets are cut', async () => {
    const rooms = testAccounts(database, { signUp: 'open' });
    const account = { username: freshName(), password: 'a password' };
    const first = await rooms.signIn.withInvitation(account, undefined, TEST_ORIGIN);
    await query(
      database.db,
      `INSERT INTO sessions (id, user_id, token_hash, last_seen_at, expires_at)
       SELECT gen_random_uuid(), $1, sha256(n::text::bytea), $2, $3 FROM generate_series(1, 99) n`,
      [first.user.id, new Date(rooms.clock.now() + 1_000), new Date(rooms.clock.now() + 60_000)],
    );
    await rooms.clock.advance(2_000);
    await rooms.signIn.withPassword(account.username, account.password, TEST_ORIGIN);
    expect(rooms.notices).toEqual([expect.objectContaining({ kind: 'cut', userId: first.user.id, reason: 'revoked' })]);
    expect(await rooms.authenticator.authenticate(first.token, TEST_ORIGIN)).toBeInstanceOf(AppError);
  });
});

describe('invitations', () => {
  test('[AUTH4] without one nobody signs up where it is asked for', async () => {
    const rooms = testAccounts(database);
    const account = { username: freshName(), password: 'a password' };
    expect(await codeOf(rooms.signIn.withInvitation(account, undefined, TEST_ORIGIN))).toBe('forbidden');
    for (const code of ['', 'pin_', makeToken('invitation'), makeToken('session'), "pin_' OR 1=1 --", 'pin_\u0000']) {
      expect(await codeOf(rooms.signIn.withInvitation(account, code, TEST_ORIGIN))).toBe('invitation_invalid');
    }
  });

  test('[AUTH4] of many who race for a single use one gets in, and the others make no account', async () => {
    const rooms = testAccounts(database);
    const { code, id } = await invite(rooms);
    const names = Array.from({ length: 8 }, freshName);
    const outcomes = await Promise.all(
      names.map((username) =>
        codeOf(rooms.signIn.withInvitation({ username, password: 'a password' }, code, TEST_ORIGIN)),
      ),
    );
    expect(outcomes.toSorted()).toEqual([...Array<string>(7).fill('invitation_invalid'), 'ok']);
    expect(await query(database.db, 'SELECT uses FROM invitations WHERE id = $1', [id])).toEqual([{ uses: 1 }]);
    expect(await query(database.db, 'SELECT 1 FROM users WHERE username = ANY($1)', [names])).toHaveLength(1);
  });

  test('[AUTH4] expired and revoked ones are refused; a name that is taken does not use one up', async () => {
    const rooms = testAccounts(database);
    const taken = freshName();
    await addUser(database, taken);
    const { code, id } = await invite(rooms);
    const signUp = (username: string) =>
      codeOf(rooms.signIn.withInvitation({ username, password: 'a password' }, code, TEST_ORIGIN));
    expect(await signUp(taken)).toBe('conflict');
    await rooms.clock.advance(60_001);
    expect(await signUp(freshName())).toBe('invitation_invalid');
    const other = await invite(rooms);
    expect(await deleteInvitation(database.db, other.id, makeUuid() as UserId)).toBe(false);
    expect(await deleteInvitation(database.db, other.id, null)).toBe(true);
    expect(
      await codeOf(
        rooms.signIn.withInvitation({ username: freshName(), password: 'a password' }, other.code, TEST_ORIGIN),
      ),
    ).toBe('invitation_invalid');
    expect(await query(database.db, 'SELECT uses FROM invitations WHERE id = $1', [id])).toEqual([{ uses: 0 }]);
  });

  test('[AUTH4] an invitation ends with the right of its author to make it', async () => {
    const rooms = testAccounts(database);
    const signUp = (code: string) =>
      codeOf(rooms.signIn.withInvitation({ username: freshName(), password: 'a good password' }, code, TEST_ORIGIN));
    const author = await addUser(database, freshName(), 'admin');
    const channelId = await addChannel(database, [author]);
    const toServer = await invite(rooms, { createdBy: author, maxUses: 9 });
    const toChannel = await invite(rooms, { createdBy: author, channelId, maxUses: 9 });
    const codes = async () => [await signUp(toServer.code), await signUp(toChannel.code)];
    expect(await codes()).toEqual(['ok', 'ok']);
    await query(database.db, "UPDATE users SET role = 'member' WHERE id = $1", [author]);
    expect(await codes()).toEqual(['invitation_invalid', 'ok']);
    await query(database.db, "UPDATE users SET role = 'admin', deactivated_at = now() WHERE id = $1", [author]);
    expect(await codes()).toEqual(['invitation_invalid', 'invitation_invalid']);
    await query(database.db, 'UPDATE users SET deactivated_at = NULL WHERE id = $1', [author]);
    expect(await codes()).toEqual(['ok', 'ok']);
  });

  test('the role is the invitation’s, and its channel is entered', async () => {
    const rooms = testAccounts(database);
    const channelId: ChannelId = await addChannel(database, [await addUser(database, freshName())]);
    const { code } = await invite(rooms, { channelId, role: 'guest' });
    const { user } = await rooms.signIn.withInvitation(
      { username: freshName(), password: 'a password' },
      code,
      TEST_ORIGIN,
    );
    expect(user.role).toBe('guest');
    expect(rooms.entered).toEqual([{ userId: user.id, channelId, role: 'guest' }]);
  });
});

describe('the first owner', () => {
  test('[AUTH5] the token works once, for one of many, and any printed one does until then', async () => {
    const own = await migratedDatabase();
    try {
      const rooms = testAccounts(own);
      const printed = await Promise.all([ensureOwnerToken(own.db), ensureOwnerToken(own.db), ensureOwnerToken(own.db)]);
      expect(new Set(printed).size).toBe(3);
      const stored = JSON.stringify(await query(own.db, 'SELECT * FROM server_state'));
      for (const token of printed) expect(stored).not.toContain(String(token));
      const claim = (token: string) =>
        codeOf(rooms.signIn.asOwner({ username: freshName(), password: 'a password' }, token, TEST_ORIGIN));
      for (const wrong of ['', makeToken('owner'), 'pow_', makeToken('session')]) {
        expect(await claim(wrong)).toBe('unauthenticated');
      }
      const outcomes = await Promise.all([...printed, ...printed].map((token) => claim(String(token))));
      expect(outcomes.toSorted()).toEqual([...Array<string>(5).fill('conflict'), 'ok']);
      expect(await query(own.db, `SELECT 1 FROM users WHERE role = 'owner'`)).toHaveLength(1);
      expect(await ensureOwnerToken(own.db)).toBeNull();
    } finally {
      await own.drop();
    }
  });

  test('a name that is taken does not use the token up', async () => {
    const own = await migratedDatabase();
    try {
      const rooms = testAccounts(own);
      const token = String(await ensureOwnerToken(own.db));
      await addUser(own, 'taken');
      const claim = (username: string) =>
        codeOf(rooms.signIn.asOwner({ username, password: 'a password' }, token, TEST_ORIGIN));
      expect(await claim('taken')).toBe('conflict');
      expect(await claim('free')).toBe('ok');
    } finally {
      await own.drop();
    }
  });

  test('restarts keep the number of tokens bounded', async () => {
    const own = await migratedDatabase();
    try {
      for (let start = 0; start < 12; start++) await ensureOwnerToken(own.db);
      const rows = await query<{ n: number }>(
        own.db,
        `SELECT jsonb_array_length(value) AS n FROM server_state WHERE key = 'owner_tokens'`,
      );
      expect(rows).toEqual([{ n: 8 }]);
    } finally {
      await own.drop();
    }
  });
});
