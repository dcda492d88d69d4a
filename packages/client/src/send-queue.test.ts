import type { ChannelId, MessageId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParleyError } from './errors.ts';
import { type OutgoingMessage, SendQueue } from './send-queue.ts';

function message(id: string, order: number, channelId = 'c'): OutgoingMessage {
  return { id: id as MessageId, channelId: channelId as ChannelId, body: id, createdAt: 0, order, senderId: null };
}

const ids = (messages: readonly OutgoingMessage[]) => messages.map(({ id }) => id);
const refused = new ParleyError('forbidden', 'no');

test('one at a time per channel, channels side by side', () => {
  const queue = new SendQueue();
  queue.add(message('a1', 1, 'a'));
  queue.add(message('a2', 2, 'a'));
  queue.add(message('b1', 3, 'b'));
  expect(ids(queue.take(0))).toEqual(['a1', 'b1']);
  expect(queue.take(0)).toEqual([]);
  queue.remove('a1' as MessageId);
  expect(ids(queue.take(0))).toEqual(['a2']);
});

test('one that is refused for the moment holds back those behind it, and goes first again', () => {
  const queue = new SendQueue();
  queue.add(message('1', 1));
  queue.add(message('2', 2));
  queue.take(0);
  queue.postpone('1' as MessageId, 100);
  expect(queue.nextDueMs(0)).toBe(100);
  expect(queue.nextDueMs(100)).toBe(null);
  expect(queue.take(99)).toEqual([]);
  expect(ids(queue.take(100))).toEqual(['1']);
});

test('one that is refused for good steps aside, and can be retried as the last', () => {
  const queue = new SendQueue();
  queue.add(message('1', 1));
  queue.add(message('2', 2));
  queue.take(0);
  queue.fail('1' as MessageId, refused);
  expect(ids(queue.take(0))).toEqual(['2']);
  expect(queue.get('1' as MessageId)?.error).toBe(refused);
  queue.add(message('3', 3));
  queue.retry('1' as MessageId, 4);
  queue.remove('2' as MessageId);
  expect(ids(queue.take(0))).toEqual(['3']);
});

test('what an earlier run left goes out before what is new', () => {
  const queue = new SendQueue();
  queue.add(message('new', 10));
  queue.add(message('old', 1));
  expect(ids(queue.take(0))).toEqual(['old']);
});

test('whatever the server answers and however often the socket is lost: each is sent once, in order', () => {
  const outcome = fc.constantFrom('sent', 'refused for the moment', 'lost before it came', 'lost after it came');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(outcome, { maxLength: 60 }), (count, outcomes) => {
      const queue = new SendQueue();
      for (let order = 1; order <= count; order++) queue.add(message(`m${order}`, order));
      const stored: string[] = [];
      const store = (id: string): void => {
        if (!stored.includes(id)) stored.push(id);
      };
      let nowMs = 0;
      for (const what of [...outcomes, ...Array.from({ length: count }, () => 'sent' as const)]) {
        nowMs += 10;
        const [going, ...others] = queue.take(nowMs);
        expect(others).toEqual([]);
        if (going === undefined) continue;
        if (what === 'sent' || what === 'lost after it came') store(going.id);
        if (what === 'sent') queue.remove(going.id);
        else if (what === 'refused for the moment') queue.postpone(going.id, nowMs + 5);
        else queue.interrupt();
      }
      expect(stored).toEqual(Array.from({ length: count }, (_, index) => `m${index + 1}`));
      expect(queue.size).toBe(0);
    }),
  );
});
