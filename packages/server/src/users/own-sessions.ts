import type { SessionView } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import { unreachable } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import type { TellAccount } from './account-notice.ts';
import type { Actor } from './actor.ts';
import { revokeHostToken } from './host-users.ts';
import { deleteSession, listSessions } from './session-store.ts';

export interface OwnSessionsPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly tell: TellAccount;
}

/** The sign-ins of the one who asks. What ends here is void, and its sockets are told, before the call resolves. */
export class OwnSessions {
  readonly #ports: OwnSessionsPorts;

  constructor(ports: OwnSessionsPorts) {
    this.#ports = ports;
  }

  async list(actor: Actor): Promise<SessionView[]> {
    const sessions = await listSessions(this.#ports.db, actor.userId, this.#ports.clock.now());
    return sessions.map((session) => ({ ...session, current: session.id === actor.credentialId }));
  }

  /** Ends one of the actor's sessions; throws `not_found` when it is not one of them. */
  async revoke(actor: Actor, sessionId: string): Promise<void> {
    const { db, tell } = this.#ports;
    const { userId, address } = actor;
    if (!(await deleteSession(db, userId, sessionId))) {
      throw new AppError('not_found', 'unable to end the session; the caller has none with this id');
    }
    tell({ kind: 'cut', userId, reason: 'revoked', sessionId });
    await record(db, { actorId: userId, action: 'auth.session_revoked', target: sessionId, address });
  }

  /** Ends the credential that the actor came with. */
  async signOut(actor: Actor): Promise<void> {
    const { db, tell } = this.#ports;
    const { userId, credentialId, address } = actor;
    switch (actor.credential) {
      case 'session':
        await deleteSession(db, userId, credentialId);
        break;
      case 'jwt':
        // Host tokens always have an end, or they would not have been let in.
        await revokeHostToken(db, credentialId, actor.expiresAt ?? this.#ports.clock.now());
        break;
      case 'key':
      case 'local':
        throw new AppError('forbidden', 'unable to sign out; this caller never signed in');
      default:
        unreachable(actor.credential);
    }
    tell({ kind: 'cut', userId, reason: 'revoked', sessionId: credentialId });
    await record(db, { actorId: userId, action: 'auth.sign_out', target: credentialId, address });
  }
}
