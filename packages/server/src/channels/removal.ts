import type { MemberView, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Change } from '../writer/change.ts';
import { emitMembers } from './member-event.ts';
import { countOthers, endFollows, endMembership } from './membership-store.ts';

/**
 * Ends a membership in the locked channel, threads included, and tells everybody. What was allowed to the user before is
 * void with the same commit, so a send of his that waits in the queue is decided again, and refused.
 */
export async function remove(change: Change, member: MemberView): Promise<void> {
  if (member.role === 'owner') await demandAnotherOwner(change, member.userId, 'leave');
  const { channel, tx } = change;
  const rev = change.takeRev();
  await endMembership(tx, channel.id, member.userId, rev);
  await endFollows(tx, channel.id, member.userId, rev);
  change.setMemberCount(change.memberCount - 1);
  emitMembers(change, rev, { left: [member.userId] }, true);
}

/** Throws `last_owner` when the others would be left without an owner; an owner who is alone may go. */
export async function demandAnotherOwner(change: Change, userId: UserId, what: 'leave' | 'step down'): Promise<void> {
  const others = await countOthers(change.tx, change.channel.id, userId);
  const isAlone = others.members === 0 && what === 'leave';
  if (others.owners === 0 && !isAlone) {
    throw new AppError('last_owner', `unable to ${what}; name another owner first`);
  }
}
