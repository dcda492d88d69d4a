import type { Scope, UserView } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import { batched } from '../lib/batched.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, isAway } from '../storage/postgres.ts';
import type { Actor, Origin } from './actor.ts';
import type { HostJwt } from './host-jwt.ts';
import { hostUser, readRevokedTokens } from './host-users.ts';
import { findKey, readKeys } from './key-store.ts';
import type { LastSeen } from './last-seen.ts';
import { findSessions, readSessions, type SessionFacts } from './session-store.ts';
import { hashToken, isToken } from './tokens.ts';
import { findUsers, type UserRow, userView } from './user-store.ts';

/**
 * Credentials of one look-up, and look-ups at a time: after an outage all sessions come back at once. They keep no distance,
 * for each request waits for its own.
 */
const LOOKUP = { maxKeys: 200, maxRunning: 1, spacingMs: 0 };

export interface AuthenticatorPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly lastSeen: LastSeen;
  /** Null: no host application signs tokens for this server. */
  readonly hostJwt: HostJwt | null;
}

/** Who a token stands for, and how others see that user. */
export interface Authenticated {
  readonly actor: Actor;
  readonly user: UserView;
}

/** A credential and its user as the database has them now. */
interface Standing {
  readonly user: UserRow;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** Tells who a token stands for: session tokens, API keys and host JWTs, the same at every door. */
export class Authenticator {
  readonly #ports: AuthenticatorPorts;
  readonly #findSession: (tokenHash: Buffer) => Promise<SessionFacts | undefined>;
  readonly #recheckOne: (actor: Actor) => Promise<Actor | undefined>;

  constructor(ports: AuthenticatorPorts) {
    this.#ports = ports;
    this.#findSession = batched({
      load: async (tokenHashes: readonly Buffer[]) => {
        const rows = await findSessions(ports.db, tokenHashes);
        return new Map(rows.map((row) => [row.tokenHash.toString('hex'), row]));
      },
      nameOf: (tokenHash) => tokenHash.toString('hex'),
      ...LOOKUP,
      clock: ports.clock,
    });
    this.#recheckOne = batched({
      load: (actors: readonly Actor[]) => this.recheck(actors),
      nameOf: (actor) => actor.credentialId,
      ...LOOKUP,
      clock: ports.clock,
    });
  }

  /** The actor of a token, or the error to answer with: `unauthenticated` for every token that is not good, or a retryable one. */
  async authenticate(token: string, origin: Origin): Promise<Authenticated | AppError> {
    try {
      if (isToken('session', token)) return await this.#bySession(token, origin);
      if (isToken('key', token)) return await this.#byKey(token, origin);
      return await this.#byHostJwt(token, origin);
    } catch (error) {
      if (error instanceof AppError) return error;
      if (!isAway(error)) throw error;
      return new AppError('busy', 'unable to check the token; the database is away', {
        retryAfterMs: 1_000,
        cause: error,
      });
    }
  }

  /**
   * Looks again at credentials that were good once. Gives for each credential id the actor as it is now, with its present
   * role; what is missing in the answer is void.
   */
  async recheck(actors: readonly Actor[]): Promise<ReadonlyMap<string, Actor>> {
    const standings = await this.#standingsOf(actors);
    const good = new Map<string, Actor>();
    for (const actor of actors) {
      const standing = standings.get(actor.credentialId);
      if (standing === undefined || !this.#isGood(standing.user, standing.expiresAt)) continue;
      const { user, expiresAt, lastUsedAt } = standing;
      good.set(actor.credentialId, { ...actor, serverRole: user.role, kind: user.kind, expiresAt });
      // An open socket is a use, however long it says nothing.
      const { credential, credentialId } = actor;
      if (credential === 'session' || credential === 'key') {
        this.#ports.lastSeen.note(credential, credentialId, lastUsedAt);
      }
    }
    return good;
  }

  /** The same for one, together with others who ask at the moment; undefined when the credential is void. */
  recheckOne(actor: Actor): Promise<Actor | undefined> {
    return this.#recheckOne(actor);
  }

  async #standingsOf(actors: readonly Actor[]): Promise<Map<string, Standing>> {
    const { db } = this.#ports;
    const of = (...credentials: Actor['credential'][]) =>
      actors.filter((actor) => credentials.includes(actor.credential));
    const idsOf = (list: readonly Actor[]) => list.map((actor) => actor.credentialId);
    const rowless = of('jwt', 'local');
    const userIds = [...new Set(rowless.map((actor) => actor.userId))];
    const [sessions, keys, users, revoked] = await Promise.all([
      unlessEmpty(idsOf(of('session')), (ids) => readSessions(db, ids)),
      unlessEmpty(idsOf(of('key')), (ids) => readKeys(db, ids)),
      unlessEmpty(userIds, (ids) => findUsers(db, ids)),
      unlessEmpty(idsOf(of('jwt')), (ids) => readRevokedTokens(db, ids)),
    ]);
    const standings = new Map<string, Standing>();
    for (const row of sessions) {
      standings.set(row.sessionId, { user: row, expiresAt: row.expiresAt, lastUsedAt: row.lastSeenAt });
    }
    for (const row of keys)
      standings.set(row.keyId, { user: row, expiresAt: row.expiresAt, lastUsedAt: row.lastUsedAt });
    const byId = new Map(users.map((user) => [user.id, user]));
    for (const { credentialId, userId, expiresAt } of rowless) {
      const user = byId.get(userId);
      if (user !== undefined && !revoked.includes(credentialId)) {
        standings.set(credentialId, { user, expiresAt, lastUsedAt: null });
      }
    }
    return standings;
  }

  async #bySession(token: string, origin: Origin): Promise<Authenticated> {
    const row = await this.#findSession(hashToken(token));
    if (row === undefined) throw refused();
    this.#demandGood(row, row.expiresAt);
    this.#ports.lastSeen.note('session', row.sessionId, row.lastSeenAt);
    return authenticated(row, origin, { credential: 'session', credentialId: row.sessionId, expiresAt: row.expiresAt });
  }

  async #byKey(token: string, origin: Origin): Promise<Authenticated> {
    const row = await findKey(this.#ports.db, hashToken(token));
    if (row === null) throw refused();
    this.#demandGood(row, row.expiresAt);
    this.#ports.lastSeen.note('key', row.keyId, row.lastUsedAt);
    const { keyId, expiresAt, scopes } = row;
    return authenticated(row, origin, { credential: 'key', credentialId: keyId, expiresAt }, scopes);
  }

  async #byHostJwt(token: string, origin: Origin): Promise<Authenticated> {
    const { db, clock, hostJwt } = this.#ports;
    if (hostJwt === null) throw refused();
    const claims = await hostJwt.verify(token, clock.now());
    if ((await readRevokedTokens(db, [claims.tokenId])).length > 0) throw refused();
    const user = await hostUser(db, clock, claims, origin);
    this.#demandGood(user, claims.expiresAt);
    const { tokenId, expiresAt } = claims;
    return authenticated(user, origin, { credential: 'jwt', credentialId: tokenId, expiresAt });
  }

  #demandGood(user: UserRow, expiresAt: number | null): void {
    if (!this.#isGood(user, expiresAt)) throw refused();
  }

  #isGood(user: UserRow, expiresAt: number | null): boolean {
    return !user.deactivated && (expiresAt === null || expiresAt > this.#ports.clock.now());
  }
}

function authenticated(
  user: UserRow,
  origin: Origin,
  credential: Pick<Actor, 'credential' | 'credentialId' | 'expiresAt'>,
  scopes: readonly Scope[] | null = null,
): Authenticated {
  const { id: userId, role: serverRole, kind } = user;
  return {
    actor: { userId, serverRole, kind, scopes, address: origin.address, ...credential },
    user: userView(user),
  };
}

/** Most look-ups concern one kind of credential; the others cost no query. */
function unlessEmpty<Id, Row>(ids: readonly Id[], read: (ids: readonly Id[]) => Promise<Row[]>): Promise<Row[]> {
  return ids.length === 0 ? Promise.resolve([]) : read(ids);
}

function refused(): AppError {
  return new AppError('unauthenticated', 'unable to accept the token; it is unknown, expired or revoked');
}
