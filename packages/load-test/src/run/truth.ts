import { type ChannelId, LIMITS } from '@parley/protocol';
import type { StoredChannel, StoredMessage } from '../checker/final-state.ts';
import { digestOf } from '../user/marker.ts';
import { inParallel } from './in-parallel.ts';
import type { Rest } from './rest.ts';
import type { Room } from './rooms.ts';

/** Where every channel stands. */
export async function readTops(rest: Rest, rooms: readonly Room[]): Promise<[ChannelId, number][]> {
  return await inParallel(rooms, async ({ id, reader }) => {
    const { channel } = await rest.call(reader, 'channel.get', { channelId: id });
    return [id, channel.rev];
  });
}

/** All that the server has stored of the run, read page by page as any client would. */
export function readStored(
  rest: Rest,
  rooms: readonly Room[],
  onProgress: (done: number) => void,
): Promise<StoredChannel[]> {
  return inParallel(rooms, (room) => readRoom(rest, room), onProgress);
}

async function readRoom(rest: Rest, { id, reader, firstSeq }: Room): Promise<StoredChannel> {
  const messages: StoredMessage[] = [];
  let after = 0;
  for (let hasMore = true; hasMore; ) {
    const page = await rest.call(reader, 'message.history', { channelId: id, after, limit: LIMITS.pageMessages });
    for (const { id: messageId, seq, rev, senderId, body, kind } of page.messages) {
      const isSystem = kind === 'system';
      const row = { id: messageId, seq, rev, sender: senderId, digest: digestOf(body) };
      messages.push(isSystem ? { ...row, system: true } : row);
      after = seq;
    }
    hasMore = page.hasAfter && page.messages.length > 0;
  }
  const { channel } = await rest.call(reader, 'channel.get', { channelId: id });
  return {
    id,
    root: id,
    open: false,
    lastSeq: channel.lastSeq,
    lastRev: channel.rev,
    firstSeq,
    messages,
    members: [],
  };
}
