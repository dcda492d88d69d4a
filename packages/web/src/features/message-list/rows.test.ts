import type { ChatMessage } from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRows } from './rows.ts';

const NOON = new Date(2026, 10, 3, 12).getTime();
const MINUTE = 60_000;
const ME = 'me' as UserId;
const ADA = 'ada' as UserId;

function message(seq: number, senderId: UserId, createdAt: number, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    id: `m${seq}` as MessageId,
    channelId: 'c' as ChannelId,
    seq,
    rev: seq,
    senderId,
    kind: 'text',
    body: `${seq}`,
    createdAt,
    status: 'sent',
    error: null,
    ...more,
  };
}

const draw = (items: readonly ChatMessage[], readSeq: number | null = null) =>
  makeRows(items, { isWhole: true, readSeq, userId: ME }).map((row) =>
    row.kind === 'message' ? `${row.isHead ? '+' : ' '}${row.message.body}` : row.kind,
  );

describe('makeRows', () => {
  test('groups what one author writes in one go', () => {
    const items = [
      message(1, ADA, NOON),
      message(2, ADA, NOON + MINUTE),
      message(3, ME, NOON + 2 * MINUTE),
      message(4, ADA, NOON + 3 * MINUTE),
      message(5, ADA, NOON + 9 * MINUTE),
    ];
    expect(draw(items)).toEqual(['start', 'day', '+1', ' 2', '+3', '+4', '+5']);
  });

  test('parts days at midnight', () => {
    const items = [message(1, ADA, NOON), message(2, ADA, NOON + 24 * 60 * MINUTE)];
    expect(draw(items)).toEqual(['start', 'day', '+1', 'day', '+2']);
  });

  test('draws one line before the first message of others that was not read', () => {
    const items = [message(1, ADA, NOON), message(2, ME, NOON), message(3, ADA, NOON), message(4, ADA, NOON)];
    expect(draw(items, 1)).toEqual(['start', 'day', '+1', '+2', 'unread', '+3', ' 4']);
    expect(draw(items, 4)).toEqual(['start', 'day', '+1', '+2', '+3', ' 4']);
  });

  test('a reply stands for itself', () => {
    const items = [message(1, ADA, NOON), message(2, ADA, NOON, { replyTo: 1 })];
    expect(draw(items)).toEqual(['start', 'day', '+1', '+2']);
  });

  test('every message is there once, in its order, under keys of its own', () => {
    const senders = fc.constantFrom(ME, ADA);
    const items = fc.array(fc.tuple(senders, fc.nat(10_000_000)), { maxLength: 40 }).map((list) => {
      let time = NOON;
      return list.map(([sender, gap], index) => {
        time += gap;
        return message(index + 1, sender, time);
      });
    });
    fc.assert(
      fc.property(items, fc.nat(45), (list, readSeq) => {
        const rows = makeRows(list, { isWhole: false, readSeq, userId: ME });
        expect(rows.flatMap((row) => (row.kind === 'message' ? row.message.seq : []))).toEqual(
          list.map(({ seq }) => seq),
        );
        expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
        expect(rows.filter(({ kind }) => kind === 'unread').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
