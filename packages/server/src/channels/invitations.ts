import {
  type InputOf,
  type InvitationView,
  isAtLeast,
  type JoinedChannel,
  makeUuid,
  type Role,
  type UserId,
} from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Tx } from '../storage/postgres.ts';
import { demandAdmin } from '../users/authority.ts';
import {
  type ChannelAdmission,
  deleteInvitation,
  insertInvitation,
  invitationInvalid,
  isToChannel,
  listInvitations,
  peekInvitation,
  redeemInvitation,
} from '../users/invitation-store.ts';
import { makeToken } from '../users/tokens.ts';
import { findUser, type UserRow } from '../users/user-store.ts';
import type { Changes } from '../writer/change.ts';
import { readAccess } from './access-store.ts';
import { admit, demandNotBanned, firstRole } from './admission.ts';
import { accessOf, demandRoot } from './granted.ts';
import { joinedNow } from './members.ts';
import { decide, demand } from './permissions.ts';

/** Invitations told at once; older ones are still good. */
const MAX_LISTED = 200;

/** Who asks, and from where. */
export interface Requester {
  readonly userId: UserId;
  readonly address: string | null;
}

/** Invitations to the server, which its admins make, and to channels, which those make who may add members there. */
export class Invitations {
  readonly #db: Database;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(db: Database, changes: Changes, clock: Clock) {
    this.#db = db;
    this.#changes = changes;
    this.#clock = clock;
  }

  /** Makes an invitation and its code, which is in no later answer. */
  async create(
    by: Requester,
    input: InputOf<'invitation.create'>,
  ): Promise<{ invitation: InvitationView; code: string }> {
    const { channelId = null, role, maxUses, expiresInMs } = input;
    const user = await this.#user(by.userId);
    if (channelId === null) demandAdmin(user, 'make the invitation');
    else {
      const access = await accessOf(this.#db, by.userId, channelId);
      demandRoot(access, 'make the invitation');
      demand(access, 'member.invite');
    }
    if (!isAtLeast(user.role, role)) {
      throw new AppError('forbidden', 'unable to make the invitation; guests of the server bring in guests');
    }
    const nowMs = this.#clock.now();
    const code = makeToken('invitation');
    const expiresAtMs = expiresInMs === null ? null : nowMs + expiresInMs;
    const shape = { id: makeUuid(nowMs), code, channelId, role, createdBy: by.userId, nowMs, expiresAtMs, maxUses };
    return await this.#db.transaction().execute(async (tx) => {
      const invitation = await insertInvitation(tx, shape);
      await this.#record(tx, by, 'invitation.created', invitation.id);
      return { invitation, code };
    });
  }

  /** Invitations that the caller made; admins of the server see all. */
  async list(userId: UserId): Promise<InvitationView[]> {
    return await listInvitations(this.#db, this.#scopeOf(await this.#user(userId)), MAX_LISTED);
  }

  /** Ends an invitation of the caller, or of anybody for admins of the server. */
  async revoke(by: Requester, id: string): Promise<void> {
    const scope = this.#scopeOf(await this.#user(by.userId));
    await this.#db.transaction().execute(async (tx) => {
      if (!(await deleteInvitation(tx, id, scope))) {
        throw new AppError('not_found', 'unable to end the invitation; there is none with this id');
      }
      await this.#record(tx, by, 'invitation.revoked', id);
    });
  }

  /** Joins the channel of an invitation; for a member it uses nothing up. */
  async accept(by: Requester, code: string): Promise<JoinedChannel> {
    const admission = await peekInvitation(this.#db, code, this.#clock.now());
    if (!isToChannel(admission)) throw invitationInvalid();
    return await this.#enter(by.userId, admission, async (tx) => {
      await redeemInvitation(tx, code, this.#clock.now());
      await this.#record(tx, by, 'invitation.accepted', admission.invitationId);
    });
  }

  /** Brings somebody who has just signed up with an invitation into its channel; the use is counted already. */
  async enter(userId: UserId, admission: ChannelAdmission): Promise<void> {
    await this.#enter(userId, admission, () => Promise.resolve());
  }

  #enter(userId: UserId, admission: ChannelAdmission, redeem: (tx: Tx) => Promise<void>): Promise<JoinedChannel> {
    return this.#changes.run(admission.channelId, async (change) => {
      const access = await accessOf(change.tx, userId, admission.channelId);
      if (access.role !== null) return await joinedNow(change, userId);
      await demandInviter(change.tx, admission);
      await demandNotBanned(change.tx, admission.channelId, [userId]);
      await redeem(change.tx);
      await admit(change, [{ id: userId, role: weaker(admission.role, firstRole(access.serverRole)) }]);
      return await joinedNow(change, userId);
    });
  }

  async #user(userId: UserId): Promise<UserRow> {
    const user = await findUser(this.#db, userId);
    if (user === null || user.deactivated) {
      throw new AppError('not_found', 'unable to find the user; there is none with this id');
    }
    return user;
  }

  /** Whose invitations somebody may see and end; null for all. */
  #scopeOf(user: UserRow): UserId | null {
    return isAtLeast(user.role, 'admin') ? null : user.id;
  }

  async #record(tx: Tx, by: Requester, action: string, target: string): Promise<void> {
    await record(tx, { actorId: by.userId, action, target, address: by.address });
  }
}

/** A code is worth what its author could do now: whoever was removed, or may not invite any more, brings nobody in. */
async function demandInviter(tx: Tx, admission: ChannelAdmission): Promise<void> {
  const { createdBy, channelId } = admission;
  const access = createdBy === null ? null : await readAccess(tx, createdBy, channelId);
  if (access === null) throw invitationInvalid();
  const decision = decide(access, 'member.invite');
  if (decision instanceof AppError) throw decision.code === 'archived' ? decision : invitationInvalid();
}

function weaker(one: Role, other: Role): Role {
  return isAtLeast(one, other) ? other : one;
}
