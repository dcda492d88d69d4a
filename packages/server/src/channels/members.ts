import type { ChannelId, JoinedChannel, MemberView, Role, UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { Change, Changes } from '../writer/change.ts';
import { admit, demandCandidates, demandNotBanned, firstRole } from './admission.ts';
import { deleteBan, insertBan } from './ban-store.ts';
import { readOwnChannel } from './channel-store.ts';
import { accessOf, changeGranted, demandRoot } from './granted.ts';
import { emitMembers, notifyJoined } from './member-event.ts';
import { readCandidates, readMembers, setRole } from './membership-store.ts';
import { type Access, actingRole, demandJoin, demandLeave, outranks } from './permissions.ts';
import { demandAnotherOwner, remove } from './removal.ts';

/** Who asks for something to happen to whom. */
export interface MemberTarget {
  readonly userId: UserId;
  readonly channelId: ChannelId;
  readonly targetId: UserId;
  /** Where the request came from, for the audit log. */
  readonly address?: string | null;
}

/** Joins, leaves, invitations of members, kicks, bans and roles: each one commit under the channel's lock. */
export class Members {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Joins a public channel; for a member it gives what he has. */
  join(userId: UserId, channelId: ChannelId): Promise<JoinedChannel> {
    return this.#changes.run(channelId, async (change) => {
      const access = await accessOf(change.tx, userId, channelId);
      if (access.role === null || access.channel.kind === 'thread') {
        demandJoin(access);
        // Whoever comes into an empty channel takes it over: nobody else is left who could name an owner.
        const role = change.memberCount === 0 ? 'owner' : firstRole(access.serverRole);
        await admit(change, [{ id: userId, role }]);
      } else {
        // The answer says that he is in; had his node missed that until now, his sockets would not hear when he is out again.
        notifyJoined(change, channelId, [userId]);
      }
      return await joinedNow(change, userId);
    });
  }

  leave(userId: UserId, channelId: ChannelId): Promise<void> {
    return this.#changes.run(channelId, async (change) => {
      const access = await accessOf(change.tx, userId, channelId);
      demandRoot(access, 'leave');
      demandLeave(access);
      await remove(change, await demandMember(change, userId));
    });
  }

  /** Adds users, all or none; those who are members already stay as they are. */
  invite(
    userId: UserId,
    channelId: ChannelId,
    userIds: readonly UserId[],
    address: string | null = null,
  ): Promise<MemberView[]> {
    return changeGranted(this.#changes, { userId, channelId, action: 'member.invite' }, async (change, grant) => {
      demandRoot(grant, 'add members');
      const wanted = [...new Set(userIds)];
      const present = await readMembers(change.tx, grant.root.id, wanted);
      const known = new Set(present.map((member) => member.userId));
      const newcomers = wanted.filter((id) => !known.has(id));
      const candidates = await demandCandidates(change.tx, newcomers);
      await demandNotBanned(change.tx, grant.root.id, newcomers);
      const joined = await admit(
        change,
        candidates.map(({ id, serverRole }) => ({ id, role: firstRole(serverRole) })),
      );
      const entry = { actorId: userId, action: 'member.invited', target: channelId, address };
      if (newcomers.length > 0) await record(change.tx, { ...entry, details: { userIds: newcomers } });
      return [...present, ...joined];
    });
  }

  kick(target: MemberTarget): Promise<void> {
    const { userId, channelId, targetId } = target;
    return changeGranted(this.#changes, { userId, channelId, action: 'member.kick' }, async (change, grant) => {
      demandRoot(grant, 'remove the member');
      const member = await demandMember(change, targetId);
      demandOutranks(grant, member.role, 'remove the member');
      await remove(change, member);
      await recordOf(change, target, 'member.kicked');
    });
  }

  /** Bans a user, removing him if he is a member, or lifts the ban. */
  ban(target: MemberTarget, on: boolean): Promise<void> {
    const { userId, channelId, targetId } = target;
    return changeGranted(this.#changes, { userId, channelId, action: 'member.ban' }, async (change, grant) => {
      demandRoot(grant, 'ban the user');
      if (!on) return await this.#unban(change, target);
      if (targetId === userId) throw new AppError('bad_request', 'unable to ban the user; it is the caller');
      const [member] = await readMembers(change.tx, grant.root.id, [targetId]);
      if (member === undefined) await demandUser(change, targetId);
      else {
        demandOutranks(grant, member.role, 'ban the user');
        await remove(change, member);
      }
      await insertBan(change.tx, grant.root.id, targetId, userId);
      await recordOf(change, target, 'member.banned');
    });
  }

  async #unban(change: Change, target: MemberTarget): Promise<void> {
    await deleteBan(change.tx, change.channel.id, target.targetId);
    await recordOf(change, target, 'member.unbanned');
  }

  /** Gives a member another role, at most as strong as the caller's own. */
  setRole(target: MemberTarget, role: Role): Promise<MemberView> {
    const { userId, channelId, targetId } = target;
    return changeGranted(this.#changes, { userId, channelId, action: 'member.role' }, async (change, grant) => {
      demandRoot(grant, 'change the role');
      const member = await demandMember(change, targetId);
      demandOutranks(grant, member.role, 'change the role');
      demandOutranks(grant, role, 'give the role');
      if (member.role === role) return member;
      if (member.role === 'owner') await demandAnotherOwner(change, targetId, 'step down');
      const rev = change.takeRev();
      await setRole(change.tx, grant.root.id, targetId, role, rev);
      const changed = { ...member, role };
      // A role that is named weaker can still be given more by the channel's own table, so any other role voids.
      emitMembers(change, rev, { joined: [changed] }, true);
      notifyJoined(change, grant.root.id, [targetId]);
      await recordOf(change, target, 'member.role', { from: member.role, to: role });
      return changed;
    });
  }
}

/** The caller's place in the locked channel, as it is after the change. */
export async function joinedNow(change: Change, userId: UserId): Promise<JoinedChannel> {
  const joined = present(await readOwnChannel(change.tx, userId, change.channel.id), 'membership');
  return { ...joined, channel: { ...joined.channel, rev: change.lastRev, memberCount: change.memberCount } };
}

async function recordOf(
  change: Change,
  target: MemberTarget,
  action: string,
  details: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { userId: actorId, channelId, targetId, address = null } = target;
  await record(change.tx, { actorId, action, target: targetId, details: { channelId, ...details }, address });
}

async function demandMember(change: Change, userId: UserId): Promise<MemberView> {
  const [member] = await readMembers(change.tx, change.channel.id, [userId]);
  if (member === undefined)
    throw new AppError('not_found', 'unable to find the member; the user is not in the channel');
  return member;
}

async function demandUser(change: Change, userId: UserId): Promise<void> {
  const [user] = await readCandidates(change.tx, [userId]);
  if (user === undefined) throw new AppError('not_found', 'unable to find the user; there is none with this id');
}

function demandOutranks(access: Access, role: Role, what: string): void {
  const own = actingRole(access);
  if (own === null || !outranks(own, role)) {
    throw new AppError('forbidden', `unable to ${what}; the role ${role} is above the caller's`);
  }
}
