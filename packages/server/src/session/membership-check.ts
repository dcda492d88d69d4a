import type { ChannelId, UserId } from '@parley/protocol';
import type { UserNotice } from '../fanout/bus.ts';
import type { Subscriber } from '../hub/subscriber.ts';

/** Users looked up by one query. */
const CHUNK = 5_000;

export interface MembershipCheckPorts {
  readonly hub: {
    usersHere(): Iterable<UserId>;
    subscribersOf(userId: UserId): ReadonlySet<Subscriber> | undefined;
  };
  readMemberships(
    userIds: readonly UserId[],
  ): Promise<readonly { readonly userId: UserId; readonly channelId: ChannelId }[]>;
  notice(notice: UserNotice, subscribers: ReadonlySet<Subscriber>): void;
}

/**
 * Finds the channels that users who are here have gained without this node being told. What they have lost needs no such
 * look: it takes a rev of its channel, and whoever misses a rev reads it.
 */
export async function gainMissedMemberships(ports: MembershipCheckPorts): Promise<void> {
  const { hub } = ports;
  const users = [...hub.usersHere()];
  for (let start = 0; start < users.length; start += CHUNK) {
    for (const { userId, channelId } of await ports.readMemberships(users.slice(start, start + CHUNK))) {
      const subscribers = hub.subscribersOf(userId) ?? new Set<Subscriber>();
      const deaf = [...subscribers].filter((subscriber) => !subscriber.channels.has(channelId));
      if (deaf.length > 0) ports.notice({ kind: 'joined', userId, channelId }, new Set(deaf));
    }
  }
}
