import { messageView } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonBytes } from '../lib/json-bytes.ts';
import { mostBytes } from './message-bytes.ts';

const ID = 'ffffffff-ffff-4fff-bfff-ffffffffffff';
const LARGE = Number.MAX_SAFE_INTEGER;
const id = fc.constant(ID);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('\u0000', '"', '\\', '\ud800', '語', '𝕏'), maxLength: 300 }),
);
const message = fc.record({
  channelId: id,
  rootId: fc.option(id, { nil: undefined }),
  id,
  seq: fc.constant(LARGE),
  rev: fc.constant(LARGE),
  senderId: id,
  kind: fc.constantFrom(...messageView.shape.kind.options),
  body: text,
  createdAt: fc.constant(LARGE),
  editedAt: fc.constant(LARGE),
  deletedAt: fc.constant(LARGE),
  replyTo: fc.constant(LARGE),
  threadId: id,
  pinnedAt: fc.constant(LARGE),
  pinnedBy: id,
  mentions: fc.option(fc.array(id, { maxLength: 50 }), { nil: undefined }),
  everyone: fc.constant('channel'),
  attachments: fc.option(fc.array(fc.record({ id, name: text }), { maxLength: 3 }), { nil: undefined }),
  reactions: fc.option(fc.array(fc.record({ emoji: text, userIds: fc.array(id) })), { nil: undefined }),
});

test('[MSG8] messages never take more than is told, whatever is in them, and an ordinary page is told to be small', () => {
  // The message above has every field that there is.
  expect(Object.keys(messageView.shape).sort()).toEqual(Object.keys(fc.sample(message, 1)[0] ?? {}).sort());
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
      const views = messages as never[];
      expect(mostBytes(views)).toBeGreaterThanOrEqual(views.reduce((sum, one) => sum + jsonBytes(one), 0));
    }),
  );
  const plain = {
    channelId: ID,
    id: ID,
    seq: 1,
    rev: 1,
    senderId: ID,
    kind: 'text',
    body: 'x'.repeat(200),
    createdAt: 1,
  };
  expect(mostBytes(Array.from({ length: 100 }, () => plain as never))).toBeLessThan(100 * 1_000);
});
