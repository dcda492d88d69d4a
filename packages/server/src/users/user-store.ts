import type { Role, UserId, UserView } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';

/** A user as the server works with it; never sent as it is. */
export interface UserRow {
  readonly id: UserId;
  readonly username: string;
  readonly displayName: string;
  readonly kind: 'human' | 'bot';
  readonly role: Role;
  readonly deactivated: boolean;
}

/** A user with what proves who it is. */
export interface CredentialRow extends UserRow {
  readonly passwordHash: string | null;
  /** The host application that brought the user signs it in, and nobody else. */
  readonly isHostUser: boolean;
}

/** The columns of `UserRow`, for a users row named `u`. */
export const USER_COLUMNS = `u.id, u.username, u.display_name AS "displayName", u.kind, u.role, u.deactivated_at IS NOT NULL AS deactivated`;

const CREDENTIALS = `${USER_COLUMNS}, u.password_hash AS "passwordHash", u.external_id IS NOT NULL AS "isHostUser"`;

/** The user as others see it. Built field by field: what is not named here never leaves the server. */
export function userView(user: UserRow): UserView {
  const { id, username, displayName, kind, role } = user;
  return { id, username, displayName, kind, role, ...(user.deactivated ? { deactivated: true } : {}) };
}

export interface NewUser {
  readonly id: UserId;
  readonly username: string;
  readonly displayName: string;
  readonly kind: 'human' | 'bot';
  readonly role: Role;
  readonly passwordHash: string | null;
  readonly externalId: string | null;
}

/** Inserts a user; null when the name, or the external id, is taken. */
export async function insertUser(on: Queryable, user: NewUser): Promise<UserRow | null> {
  const rows = await query<UserRow>(
    on,
    `INSERT INTO users AS u (id, username, display_name, kind, role, password_hash, external_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING ${USER_COLUMNS}`,
    [user.id, user.username, user.displayName, user.kind, user.role, user.passwordHash, user.externalId],
  );
  return rows[0] ?? null;
}

export async function findUser(on: Queryable, userId: UserId): Promise<UserRow | null> {
  const rows = await query<UserRow>(on, `SELECT ${USER_COLUMNS} FROM users u WHERE u.id = $1`, [userId]);
  return rows[0] ?? null;
}

/** Those of the users that exist, in no order. */
export function findUsers(on: Queryable, userIds: readonly UserId[]): Promise<UserRow[]> {
  return query<UserRow>(on, `SELECT ${USER_COLUMNS} FROM users u WHERE u.id = ANY($1::uuid[])`, [userIds]);
}

export async function findUserByName(on: Queryable, username: string): Promise<CredentialRow | null> {
  const rows = await query<CredentialRow>(on, `SELECT ${CREDENTIALS} FROM users u WHERE u.username = $1`, [username]);
  return rows[0] ?? null;
}

export async function findUserByExternalId(on: Queryable, externalId: string): Promise<UserRow | null> {
  const rows = await query<UserRow>(on, `SELECT ${USER_COLUMNS} FROM users u WHERE u.external_id = $1`, [externalId]);
  return rows[0] ?? null;
}

export async function findCredentials(on: Queryable, userId: UserId): Promise<CredentialRow | null> {
  const rows = await query<CredentialRow>(on, `SELECT ${CREDENTIALS} FROM users u WHERE u.id = $1`, [userId]);
  return rows[0] ?? null;
}

/** The same under the row's lock: nothing about the user changes until the transaction ends. */
export async function lockCredentials(tx: Tx, userId: UserId): Promise<CredentialRow | null> {
  const rows = await query<CredentialRow>(tx, `SELECT ${CREDENTIALS} FROM users u WHERE u.id = $1 FOR NO KEY UPDATE`, [
    userId,
  ]);
  return rows[0] ?? null;
}

/**
 * Locks these users and all owners, in id order so that two changes never wait for each other, and gives them as they are
 * now. What decides over roles looks at these, not at what a session remembers.
 */
export function lockUsersAndOwners(tx: Tx, userIds: readonly UserId[]): Promise<CredentialRow[]> {
  return query<CredentialRow>(
    tx,
    `SELECT ${CREDENTIALS} FROM users u
      WHERE u.id = ANY($1::uuid[]) OR u.role = 'owner' ORDER BY u.id FOR NO KEY UPDATE`,
    [userIds],
  );
}

export interface UserChanges {
  readonly displayName?: string | undefined;
  readonly role?: Role | undefined;
  readonly passwordHash?: string | undefined;
  readonly deactivated?: boolean | undefined;
}

/** Writes what is given and leaves the rest. */
export async function updateUser(on: Queryable, userId: UserId, changes: UserChanges): Promise<UserRow | null> {
  const rows = await query<UserRow>(
    on,
    `UPDATE users u SET
       display_name = coalesce($2, u.display_name),
       role = coalesce($3, u.role),
       password_hash = coalesce($4, u.password_hash),
       deactivated_at = CASE $5::boolean WHEN true THEN coalesce(u.deactivated_at, now()) WHEN false THEN NULL ELSE u.deactivated_at END
     WHERE u.id = $1 RETURNING ${USER_COLUMNS}`,
    [
      userId,
      changes.displayName ?? null,
      changes.role ?? null,
      changes.passwordHash ?? null,
      changes.deactivated ?? null,
    ],
  );
  return rows[0] ?? null;
}

export async function hasOwner(on: Queryable): Promise<boolean> {
  const rows = await query(on, `SELECT 1 FROM users WHERE role = 'owner' AND deactivated_at IS NULL LIMIT 1`);
  return rows.length > 0;
}
