import type { ChannelId, MemberView, Role, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../storage/postgres.ts';
import type { Change } from '../writer/change.ts';
import { readBanned } from './ban-store.ts';
import { emitMembers, notifyJoined } from './member-event.ts';
import { type Candidate, insertMembers, readCandidates } from './membership-store.ts';

/** Guests of the server are guests in every channel until somebody there gives them another role. */
export function firstRole(serverRole: Role): Role {
  return serverRole === 'guest' ? 'guest' : 'member';
}

/** Reads the users; throws `not_found` unless each exists and is active. */
export async function demandCandidates(tx: Tx, userIds: readonly UserId[]): Promise<Candidate[]> {
  const candidates = await readCandidates(tx, userIds);
  if (candidates.length < userIds.length) {
    throw new AppError('not_found', 'unable to add the users; not all of them exist and are active');
  }
  return candidates;
}

/** Throws `banned` when one of the users is banned from the channel. */
export async function demandNotBanned(tx: Tx, channelId: ChannelId, userIds: readonly UserId[]): Promise<void> {
  const banned = await readBanned(tx, channelId, userIds);
  if (banned.length > 0) throw new AppError('banned', 'unable to add the users; at least one of them is banned');
}

/** Throws `channel_full` when so many members are more than the channel takes. */
export function demandSpace(memberCount: number, maxMembers: number | null): void {
  if (maxMembers !== null && memberCount > maxMembers) {
    throw new AppError('channel_full', `unable to add members; the channel takes ${maxMembers}`);
  }
}

/** Lets users who are not members into the locked channel, as one rev, and tells everybody. */
export async function admit(
  change: Change,
  members: readonly { readonly id: UserId; readonly role: Role }[],
): Promise<MemberView[]> {
  if (members.length === 0) return [];
  const { channel } = change;
  const memberCount = change.memberCount + members.length;
  demandSpace(memberCount, channel.maxMembers);
  const rev = change.takeRev();
  const joined = await insertMembers(change.tx, { channelId: channel.id, members, lastSeq: channel.lastSeq, rev });
  change.setMemberCount(memberCount);
  emitMembers(change, rev, { joined }, false);
  notifyJoined(
    change,
    channel.id,
    joined.map((member) => member.userId),
  );
  return joined;
}
