import { makeUuid, type Role, type UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Tx } from '../storage/postgres.ts';
import { changedNotice, type TellAccount } from './account-notice.ts';
import { demandAdmin, demandOwnerLeft, demandRank } from './authority.ts';
import type { PasswordHasher } from './passwords.ts';
import { setHidesReceipts } from './privacy-store.ts';
import { deleteOtherSessions } from './session-store.ts';
import {
  type CredentialRow,
  findCredentials,
  insertUser,
  lockCredentials,
  lockUsersAndOwners,
  type UserChanges,
  type UserRow,
  updateUser,
  userView,
} from './user-store.ts';

export interface AccountsPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly tell: TellAccount;
}

/** Who orders a change: a user, whose present role decides, or the operator at the command line, who may do all. */
export interface Orderer {
  readonly userId: UserId | null;
  readonly address: string | null;
}

export interface NewMember {
  readonly username: string;
  readonly displayName?: string | undefined;
  readonly password?: string | undefined;
  readonly kind: 'human' | 'bot';
  readonly role: Role;
}

/** What an admin may change of a user. */
export interface MemberChanges {
  readonly role?: Role | undefined;
  readonly displayName?: string | undefined;
  readonly password?: string | undefined;
  readonly deactivated?: boolean | undefined;
}

/**
 * Changes accounts. Roles are decided inside the transaction, on locked rows: what a session remembers of its own role may
 * be old. Sockets learn of a change after the commit and before the caller does.
 */
export class Accounts {
  readonly #ports: AccountsPorts;

  constructor(ports: AccountsPorts) {
    this.#ports = ports;
  }

  async create(by: Orderer, member: NewMember): Promise<UserRow> {
    const { db, clock, hasher } = this.#ports;
    if (member.kind === 'bot' && member.password !== undefined) throw botPassword();
    const passwordHash = member.password === undefined ? null : await hasher.hash(member.password);
    return db.transaction().execute(async (tx) => {
      if (by.userId !== null) {
        const users = await lockUsersAndOwners(tx, [by.userId]);
        demandRank(userOf(users, by.userId), member, 'make the user');
      }
      const user = await insertUser(tx, {
        id: makeUuid(clock.now()) as UserId,
        username: member.username,
        displayName: member.displayName ?? member.username,
        kind: member.kind,
        role: member.role,
        passwordHash,
        externalId: null,
      });
      if (user === null) throw new AppError('conflict', 'unable to make the user; the user name is taken');
      const details = { kind: user.kind, role: user.role };
      await record(tx, { actorId: by.userId, action: 'user.created', target: user.id, details, address: by.address });
      return user;
    });
  }

  /** Changes a user by order of an admin; a new password and a deactivation end all of the user's sessions. */
  async update(by: Orderer, userId: UserId, changes: MemberChanges): Promise<UserRow> {
    const { db, hasher } = this.#ports;
    const passwordHash = changes.password === undefined ? undefined : await hasher.hash(changes.password);
    const { role, displayName, deactivated } = changes;
    const { before, after } = await db.transaction().execute(async (tx) => {
      const users = await lockUsersAndOwners(tx, by.userId === null ? [userId] : [userId, by.userId]);
      const target = decideUpdate(users, by, userId, changes);
      const updated = await this.#write(tx, userId, { displayName, role, passwordHash, deactivated });
      if (deactivated === true || passwordHash !== undefined) await deleteOtherSessions(tx, userId, null);
      await record(tx, {
        actorId: by.userId,
        action: 'user.updated',
        target: userId,
        details: fieldsOf(changes),
        address: by.address,
      });
      return { before: target, after: updated };
    });
    this.#tellChanges(before, after, passwordHash !== undefined);
    return after;
  }

  /** Changes the caller's own display name. */
  async rename(by: Orderer & { readonly userId: UserId }, displayName: string): Promise<UserRow> {
    const user = await this.#ports.db.transaction().execute(async (tx) => {
      await record(tx, { actorId: by.userId, action: 'user.renamed', target: by.userId, address: by.address });
      return await this.#write(tx, by.userId, { displayName });
    });
    this.#ports.tell(changedNotice(userView(user)));
    return user;
  }

  /** Sets whether the caller shows how far he has read. */
  hideReceipts({ userId, address }: Orderer & { readonly userId: UserId }, hides: boolean): Promise<void> {
    return this.#ports.db.transaction().execute(async (tx) => {
      await setHidesReceipts(tx, userId, hides);
      await record(tx, { actorId: userId, action: 'user.privacy', target: userId, details: { hides }, address });
    });
  }

  /** Sets the caller's own password, given the old one; all other sessions end. */
  async changePassword(
    by: Orderer & { readonly userId: UserId; readonly credentialId: string },
    currentPassword: string | undefined,
    password: string,
  ): Promise<UserRow> {
    const { db, hasher, tell } = this.#ports;
    const known = await findCredentials(db, by.userId);
    if (known === null || known.deactivated) throw noSuchUser();
    if (known.kind === 'bot') throw botPassword();
    if (known.isHostUser) throw hostPassword();
    // Whoever found an open window must not be able to lock its owner out.
    if (known.passwordHash !== null && !(await hasher.verify(known.passwordHash, currentPassword ?? ''))) {
      throw wrongPassword();
    }
    const passwordHash = await hasher.hash(password);
    const { credentialId } = by;
    const user = await db.transaction().execute(async (tx) => {
      const current = await lockCredentials(tx, by.userId);
      if (current?.passwordHash !== known.passwordHash) throw wrongPassword();
      const updated = await this.#write(tx, by.userId, { passwordHash });
      await deleteOtherSessions(tx, by.userId, credentialId);
      await record(tx, {
        actorId: by.userId,
        action: 'user.password_changed',
        target: by.userId,
        address: by.address,
      });
      return updated;
    });
    tell({ kind: 'cut', userId: by.userId, reason: 'revoked', except: credentialId });
    return user;
  }

  async #write(on: Database | Tx, userId: UserId, changes: UserChanges): Promise<UserRow> {
    const user = await updateUser(on, userId, changes);
    if (user === null) throw noSuchUser();
    return user;
  }

  #tellChanges(before: UserRow, after: UserRow, passwordChanged: boolean): void {
    const { tell } = this.#ports;
    const userId = after.id;
    if (after.deactivated) return tell({ kind: 'cut', userId, reason: 'deactivated' });
    if (passwordChanged) tell({ kind: 'cut', userId, reason: 'revoked' });
    if (after.role !== before.role) tell({ kind: 'role', userId, role: after.role });
    if (after.role !== before.role || after.displayName !== before.displayName) tell(changedNotice(userView(after)));
  }
}

/** Looks at locked rows: gives the user who is to be changed, or throws why this may not be. */
function decideUpdate(
  users: readonly CredentialRow[],
  by: Orderer,
  userId: UserId,
  { role, password, deactivated }: MemberChanges,
): CredentialRow {
  const actor = by.userId === null ? null : userOf(users, by.userId);
  if (actor !== null) demandAdmin(actor, 'change the user');
  const target = userOf(users, userId);
  if (actor !== null) demandRank(actor, target, 'change the user');
  if (actor !== null && role !== undefined) demandRank(actor, { role }, 'give the role');
  if (password !== undefined && target.kind === 'bot') throw botPassword();
  if (password !== undefined && target.isHostUser) throw hostPassword();
  if (deactivated === true || (role !== undefined && role !== 'owner')) demandOwnerLeft(users, target);
  return target;
}

function userOf(users: readonly CredentialRow[], userId: UserId): CredentialRow {
  const user = users.find((candidate) => candidate.id === userId);
  if (user === undefined) throw noSuchUser();
  return user;
}

/** What of a user was changed, for the audit: new names and passwords themselves are not kept there. */
function fieldsOf({ role, displayName, password, deactivated }: MemberChanges) {
  return {
    ...(role === undefined ? {} : { role }),
    ...(displayName === undefined ? {} : { displayName: true }),
    ...(password === undefined ? {} : { password: true }),
    ...(deactivated === undefined ? {} : { deactivated }),
  };
}

function wrongPassword(): AppError {
  return new AppError('bad_credentials', 'unable to change the password; the current one does not match');
}

function noSuchUser(): AppError {
  return new AppError('not_found', 'unable to find the user; there is none with this id');
}

function botPassword(): AppError {
  return new AppError('conflict', 'unable to set a password; bots use API keys');
}

function hostPassword(): AppError {
  return new AppError('conflict', 'unable to set a password; the host application signs this user in');
}
