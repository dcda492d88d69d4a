import type { SendEntry } from './send-entry.ts';

/** Reads an entry from a stream. Those of other versions, or of nobody we know, are not guessed at: null. */
export function parseEntry(json: string | undefined): SendEntry | null {
  try {
    const entry = JSON.parse(json ?? '') as SendEntry;
    const texts = [entry.channelId, entry.rootId, entry.id, entry.senderId, entry.body];
    const lists = [entry.mentions, entry.attachments];
    const isKnown =
      texts.every((text) => typeof text === 'string') &&
      lists.every((list) => list === null || Array.isArray(list)) &&
      typeof entry.accessRev === 'number' &&
      typeof entry.acceptedAt === 'number';
    return isKnown ? entry : null;
  } catch {
    return null;
  }
}
