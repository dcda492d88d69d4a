import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import type { SendEntry } from '../queue/send-entry.ts';

/** A send as it lies in the queue: of a channel itself, with a new id, accepted now; `more` replaces what a test is about. */
export function entryOf(channelId: ChannelId, senderId: UserId, more: Partial<SendEntry> = {}): SendEntry {
  return {
    channelId,
    rootId: channelId,
    id: makeUuid() as MessageId,
    senderId,
    body: 'hello',
    replyTo: null,
    mentions: null,
    everyone: null,
    attachments: null,
    accessRev: 0,
    acceptedAt: Date.now(),
    ...more,
  };
}
