import type { SendEntry } from './send-entry.ts';

/** Reads an entry from a stream. Those of other versions, or of nobody we know, are not guessed at: null. */
export function parseEntry(json: string | undefined): SendEntry | null {
  try {
    const entry = JSON.parse(json ?? '') as SendEntry;
    const texts = [entry.channelId, entry.rootId, entry.id, entry.senderId, entry.body];
    return texts.every((text) => typeof text === 'string') && typeof entry.acceptedAt === 'number' ? entry : null;
  } catch {
    return null;
  }
}
