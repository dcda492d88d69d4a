import { makeUuid, type SessionId, type SignedIn, type UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Queryable } from '../storage/postgres.ts';
import type { TellAccount } from './account-notice.ts';
import type { Origin } from './actor.ts';
import {
  type Admission,
  type ChannelAdmission,
  isToChannel,
  peekInvitation,
  redeemInvitation,
} from './invitation-store.ts';
import { takeOwnerToken } from './owner-token.ts';
import type { PasswordHasher } from './passwords.ts';
import { deleteExcessSessions, insertSession } from './session-store.ts';
import { hashToken, makeToken } from './tokens.ts';
import {
  type CredentialRow,
  findUserByName,
  insertUser,
  lockCredentials,
  type NewUser,
  type UserRow,
  userView,
} from './user-store.ts';

/** Sessions one user may have; a further sign-in ends the one that was not used for longest. */
const MAX_SESSIONS = 100;
const MAX_USER_AGENT = 200;

export interface SignInPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly tell: TellAccount;
  readonly signUp: 'open' | 'invitation';
  readonly sessionMs: number;
  /** Brings a new user into the channel that the invitation is for; runs after the account is committed. */
  readonly enterChannel: (userId: UserId, admission: ChannelAdmission) => Promise<void>;
  /** A new person is here; runs after the account is committed. */
  readonly welcome?: (user: UserRow) => Promise<void>;
}

export interface NewAccount {
  readonly username: string;
  readonly displayName?: string | undefined;
  readonly password: string;
}

/** The ways in: with a password, with an invitation, and as the first owner. Each ends with a new session. */
export class SignIn {
  readonly #ports: SignInPorts;

  constructor(ports: SignInPorts) {
    this.#ports = ports;
  }

  /** One answer, after the same work, for every way in which name and password can be wrong. */
  async withPassword(username: string, password: string, origin: Origin): Promise<SignedIn> {
    const { db, hasher } = this.#ports;
    const user = await findUserByName(db, username.toLowerCase());
    const matches = await hasher.verify(user?.passwordHash ?? null, password);
    if (user !== null && matches && maySignIn(user)) return this.startSession(user, origin);
    const { address } = origin;
    await record(db, { actorId: null, action: 'auth.sign_in_refused', target: user?.id ?? null, address });
    throw badCredentials();
  }

  /** Makes an account where that is open, or with an invitation, whose use counts only if the account comes to be. */
  async withInvitation(account: NewAccount, code: string | undefined, origin: Origin): Promise<SignedIn> {
    const { db, clock, signUp } = this.#ports;
    if (code === undefined && signUp !== 'open') {
      throw new AppError('forbidden', 'unable to sign up; this server asks for an invitation');
    }
    // Looked at before the password is hashed, so that guessing codes costs us next to nothing.
    if (code !== undefined) await peekInvitation(db, code, clock.now());
    const passwordHash = await this.#ports.hasher.hash(account.password);
    const { user, admission } = await db.transaction().execute(async (tx) => {
      const admitted = code === undefined ? null : await redeemInvitation(tx, code, clock.now());
      const made = await this.#insert(tx, account, passwordHash, admitted?.role ?? 'member');
      await record(tx, {
        actorId: made.id,
        action: 'auth.sign_up',
        target: made.id,
        details: { invitation: admitted?.invitationId ?? null },
        address: origin.address,
      });
      return { user: made, admission: admitted };
    });
    await this.#enter(user, admission);
    return this.startSession({ ...user, passwordHash }, origin);
  }

  /** Makes the first owner; of several who hold the token at once, one becomes it. */
  async asOwner(account: NewAccount, ownerToken: string, origin: Origin): Promise<SignedIn> {
    const { db, hasher } = this.#ports;
    const passwordHash = await hasher.hash(account.password);
    const user = await db.transaction().execute(async (tx) => {
      await takeOwnerToken(tx, ownerToken);
      const made = await this.#insert(tx, account, passwordHash, 'owner');
      await record(tx, { actorId: made.id, action: 'auth.owner_claimed', target: made.id, address: origin.address });
      return made;
    });
    await this.#enter(user, null);
    return this.startSession({ ...user, passwordHash }, origin);
  }

  /**
   * Starts a session under a token that did not exist before. The user is looked at again under the row's lock: a password
   * that was changed, or an account that was closed, after it was checked must not leave a session behind.
   */
  async startSession(
    checked: Pick<CredentialRow, 'id' | 'passwordHash'>,
    origin: Origin,
    lifetimeMs: number = this.#ports.sessionMs,
  ): Promise<SignedIn> {
    const { db, clock, tell } = this.#ports;
    const token = makeToken('session');
    const nowMs = clock.now();
    const id = makeUuid(nowMs) as SessionId;
    const expiresAt = nowMs + lifetimeMs;
    const { user, ended } = await db.transaction().execute(async (tx) => {
      const current = await lockCredentials(tx, checked.id);
      if (current === null || !maySignIn(current) || current.passwordHash !== checked.passwordHash)
        throw badCredentials();
      await insertSession(tx, {
        id,
        userId: current.id,
        tokenHash: hashToken(token),
        nowMs,
        expiresAtMs: expiresAt,
        userAgent: origin.userAgent.slice(0, MAX_USER_AGENT),
        address: origin.address,
      });
      await record(tx, { actorId: current.id, action: 'auth.sign_in', target: id, address: origin.address });
      return { user: current, ended: await deleteExcessSessions(tx, current.id, MAX_SESSIONS) };
    });
    for (const sessionId of ended) tell({ kind: 'cut', userId: user.id, reason: 'revoked', sessionId });
    return { token, expiresAt, user: userView(user) };
  }

  async #insert(on: Queryable, account: NewAccount, passwordHash: string, role: NewUser['role']): Promise<UserRow> {
    const user = await insertUser(on, {
      id: makeUuid(this.#ports.clock.now()) as UserId,
      username: account.username,
      displayName: account.displayName ?? account.username,
      kind: 'human',
      role,
      passwordHash,
      externalId: null,
    });
    if (user === null) throw new AppError('conflict', 'unable to make the account; the user name is taken');
    return user;
  }

  async #enter(user: UserRow, admission: Admission | null): Promise<void> {
    const { enterChannel, welcome } = this.#ports;
    if (admission !== null && isToChannel(admission)) await this.#try(() => enterChannel(user.id, admission));
    if (welcome !== undefined) await this.#try(() => welcome(user));
  }

  /** The account stands even where a channel cannot be entered, being full or archived: the answer must not deny it. */
  async #try(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
}

/** Bots use keys, and users of a host application its tokens. */
function maySignIn(user: CredentialRow): boolean {
  return !user.deactivated && user.kind === 'human' && !user.isHostUser;
}

function badCredentials(): AppError {
  return new AppError('bad_credentials', 'unable to sign in; user name and password do not match');
}
