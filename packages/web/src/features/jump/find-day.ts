import type { ChatClient } from '@parley/client';
import type { ChannelId } from '@parley/protocol';

/** Asks for the time of the message at a place; null where there is none to be seen. */
export type TimeAt = (seq: number) => Promise<number | null>;

/**
 * The first message from a moment on, in as many questions as the number of messages has binary digits; the last message when all are
 * older, null when there is none.
 */
export async function firstFrom(timeMs: number, lastSeq: number, timeAt: TimeAt): Promise<number | null> {
  let low = 1;
  let high = lastSeq;
  let found: number | null = lastSeq > 0 ? lastSeq : null;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const time = await timeAt(middle);
    if (time !== null && time >= timeMs) {
      found = middle;
      high = middle - 1;
    } else low = middle + 1;
  }
  return found;
}

/** The place of the first message of a channel from a moment on. */
export function findMoment(client: ChatClient, channelId: ChannelId, timeMs: number): Promise<number | null> {
  const lastSeq = client.channel(channelId).info.getSnapshot()?.channel.lastSeq ?? 0;
  return firstFrom(timeMs, lastSeq, async (seq) => {
    const { messages } = await client.call('message.history', { channelId, before: seq + 1, limit: 1 });
    return messages.find((message) => message.seq === seq)?.createdAt ?? null;
  });
}
