import type { ChannelId, CursorEvent, UserId } from '@parley/protocol';
import type { Subscriber } from '../hub/subscriber.ts';
import { encodeFrame } from '../outbox/frame.ts';

/** Users looked up by one query: few, so that what it reads is told before it is old. */
const CHUNK = 500;

type OwnCursors = Omit<CursorEvent, 't' | 'channel'> & { readonly userId: UserId; readonly channelId: ChannelId };

export interface CursorCheckPorts {
  readonly hub: {
    usersHere(): Iterable<UserId>;
    subscribersOf(userId: UserId): ReadonlySet<Subscriber> | undefined;
  };
  readonly readCursors: (userIds: readonly UserId[]) => Promise<readonly OwnCursors[]>;
}

/**
 * Tells users who are here how far they have read. What another of their devices has read takes no rev of any channel, so
 * when a node was not told of it nothing else would ever mend the badge.
 */
export async function tellMissedCursors({ hub, readCursors }: CursorCheckPorts): Promise<void> {
  const users = [...hub.usersHere()];
  for (let start = 0; start < users.length; start += CHUNK) {
    for (const { userId, channelId, ...cursors } of await readCursors(users.slice(start, start + CHUNK))) {
      const frame = encodeFrame(JSON.stringify({ t: 'cursor', channel: channelId, ...cursors }));
      for (const subscriber of hub.subscribersOf(userId) ?? []) subscriber.takeOwn(frame);
    }
  }
}
