import type { MessageView } from '@parley/protocol';
import { jsonBytes } from '../lib/json-bytes.ts';

/** The fields that every message has, with their names. */
const FRAME_BYTES = 330;
/** Another field with its name: an id, a number or a word. */
const FIELD_BYTES = 55;
const OPTIONAL = [
  'rootId',
  'replyTo',
  'everyone',
  'mentions',
  'attachments',
  'reactions',
  'threadId',
  'editedAt',
  'deletedAt',
  'pinnedAt',
  'pinnedBy',
] as const;
const MENTION_BYTES = 39;
/** What one unit of a text takes at most: as it is, and with characters that are escaped. */
const UNIT_BYTES = { plain: 3, escaped: 6 };
// biome-ignore lint/suspicious/noControlCharactersInRegex: what JSON escapes is exactly what is looked for.
const IS_ESCAPED = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * The most that messages can take as JSON, told without writing them: most pages are far below any bound, and to write them twice
 * would cost a third of what reading one from memory does.
 */
export function mostBytes(messages: readonly MessageView[]): number {
  let bytes = 0;
  for (const message of messages) {
    const { body, mentions, attachments, reactions } = message;
    bytes += FRAME_BYTES + body.length * (IS_ESCAPED.test(body) ? UNIT_BYTES.escaped : UNIT_BYTES.plain);
    for (const name of OPTIONAL) if (message[name] !== undefined) bytes += FIELD_BYTES;
    if (mentions !== undefined) bytes += MENTION_BYTES * mentions.length;
    if (attachments !== undefined) bytes += jsonBytes(attachments);
    if (reactions !== undefined) bytes += jsonBytes(reactions);
  }
  return bytes;
}
