import type { ChannelId, MemberView, UserId } from '@parley/protocol';
import type { ChannelFacts } from '../fanout/committed.ts';
import type { Change } from '../writer/change.ts';

/**
 * Largest channel whose events name those who join. Above it only the count tells: 10,000 people who join a channel of
 * 10,000 would otherwise put 100 million names on the wire, and clients page such lists anyway.
 */
export const MAX_NAMED_MEMBERS = 500;

/** Who came, changed role, or went in one change. */
export interface Moves {
  readonly joined?: readonly MemberView[];
  readonly left?: readonly UserId[];
}

/**
 * Emits the `members` event of a rev. `voiding` says that decisions made before it must not hold: true for all but joins.
 */
export function emitMembers(change: Change, rev: number, moves: Moves, voiding: boolean): void {
  const { channel, memberCount } = change;
  const { joined = [], left = [] } = moves;
  if (voiding) change.voidAccess();
  change.emit(
    {
      t: 'members',
      channel: channel.id,
      rev,
      joined: memberCount > MAX_NAMED_MEMBERS ? [] : [...joined],
      left: [...left],
      memberCount,
    },
    {
      joined: joined.map((member) => [member.userId, member.role]),
      left,
      ...(voiding ? { facts: factsAt(channel, rev) } : {}),
    },
  );
}

/** The facts of a channel whose access was voided at `accessRev`. */
export function factsAt(channel: ChannelFacts, accessRev: number, patch: Partial<ChannelFacts> = {}): ChannelFacts {
  const { id, kind, rootId, archived, permissions } = channel;
  return { id, kind, rootId, archived, permissions, ...patch, accessRev };
}

/** Tells the sockets of users that a channel, or their place in it, is new to them. */
export function notifyJoined(change: Change, channelId: ChannelId, userIds: readonly UserId[]): void {
  for (const userId of userIds) change.notify({ kind: 'joined', userId, channelId });
}
