import type { Changes } from '@parley/protocol';
import { ANSWER_BYTES, jsonBytes } from '../lib/json-bytes.ts';
import { mostBytes } from '../messages/message-bytes.ts';

/** What changes take besides messages, members and the channel. */
const FRAME_BYTES = 200;

/** The changes, or a reset where they are larger than any page: such a page is then what the client loads. */
export function fitChanges(changes: Changes): Changes {
  return fitSurely([changes]) ? changes : resetIfLarge(changes, jsonBytes(changes));
}

/** The changes of several channels, each fitted, in parts of which each fits a frame; at least one part. */
export function fitFrames(all: readonly Changes[]): Changes[][] {
  if (fitSurely(all)) return [[...all]];
  let part: Changes[] = [];
  const parts = [part];
  let bytes = 0;
  for (const changes of all) {
    const size = jsonBytes(changes);
    const fitted = resetIfLarge(changes, size);
    // A reset is small.
    const taken = fitted === changes ? size : 0;
    if (part.length > 0 && bytes + taken > ANSWER_BYTES) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(fitted);
    bytes += taken;
  }
  return parts;
}

/** Told without writing the messages, which are the most of it. */
function fitSurely(all: readonly Changes[]): boolean {
  let left = ANSWER_BYTES;
  for (const { channel, members, messages } of all) {
    left -= FRAME_BYTES + mostBytes(messages);
    for (const part of [channel, members]) if (part !== undefined) left -= jsonBytes(part);
    if (left < 0) return false;
  }
  return true;
}

function resetIfLarge(changes: Changes, bytes: number): Changes {
  if (bytes <= ANSWER_BYTES) return changes;
  const { channelId, from, rev, channel } = changes;
  return { channelId, from, rev, reset: true, channel, messages: [] };
}
