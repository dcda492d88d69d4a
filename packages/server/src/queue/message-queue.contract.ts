import { type ChannelId, makeUuid, type QueueConfig, type UserId } from '@parley/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { entryOf } from '../testing/test-entry.ts';
import { AwayError, type Consumer, type MessageQueue } from './message-queue.ts';
import type { SendEntry, SendOutcome } from './send-entry.ts';

/** How the suite drives a kind of queue. */
export interface QueueHarness {
  readonly queue: MessageQueue;
  /** Lets time pass, as far as the kind knows time. */
  advance(byMs: number): Promise<void>;
  now(): number;
  close(): Promise<void>;
}

const CONFIG: QueueConfig = { maxSize: 100, retentionPeriod: 5_000, batchSize: 10 };

/** What every kind of queue promises. */
export function describeQueue(kind: string, create: (config: QueueConfig) => Promise<QueueHarness>): void {
  let harness: QueueHarness;

  const textIn = (channelId: ChannelId, body: string): SendEntry =>
    entryOf(channelId, makeUuid() as UserId, { body, acceptedAt: harness.now() });
  const channel = () => makeUuid() as ChannelId;
  const sentOf = (entry: SendEntry): SendOutcome => ({
    channelId: entry.channelId,
    id: entry.id,
    seq: 1,
    rev: 1,
    createdAt: 0,
  });
  const put = (entry: SendEntry) => {
    const settled: SendOutcome[] = [];
    const refusal = harness.queue.enqueue(entry, (outcome) => settled.push(outcome));
    return { refusal, settled };
  };
  const codes = (outcomes: readonly SendOutcome[]) =>
    outcomes.map((outcome) => (outcome instanceof AppError ? outcome.code : 'sent'));

  describe(`${kind} queue`, () => {
    afterEach(() => harness.close());

    test('[ROAD12] feeds the entries of a channel in order, in bounded batches, and settles each once', async () => {
      harness = await create(CONFIG);
      const batches: string[][] = [];
      const channels = [channel(), channel(), channel()];
      const settled = Array.from(
        { length: 60 },
        (_, index) => put(textIn(channels[index % 3] as ChannelId, String(index))).settled,
      );
      harness.queue.start((batch) => {
        batches.push(batch.map((entry) => entry.channelId + entry.body));
        return Promise.resolve(batch.map(sentOf));
      });
      await harness.advance(1_000);
      expect(settled.map(codes)).toEqual(settled.map(() => ['sent']));
      expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(CONFIG.batchSize);
      for (const [place, id] of channels.entries()) {
        const mine = batches.flat().filter((item) => item.startsWith(id));
        expect(mine).toEqual(Array.from({ length: 20 }, (_, index) => id + String(index * 3 + place)));
      }
    });

    test('[ROAD9] above maxSize says busy with a time to come back, and loses nothing of what it holds', async () => {
      harness = await create(CONFIG);
      const one = channel();
      const results = Array.from({ length: 130 }, (_, index) => put(textIn(one, String(index))));
      expect(results.filter((result) => result.refusal !== undefined)).toHaveLength(30);
      expect(results[129]?.refusal?.code).toBe('busy');
      expect(results[129]?.refusal?.retryAfterMs).toBeGreaterThan(0);
      expect(harness.queue.stats().depth).toBe(100);
      harness.queue.start((batch) => Promise.resolve(batch.map(sentOf)));
      await harness.advance(1_000);
      expect(results.slice(0, 100).map((result) => codes(result.settled))).toEqual(
        results.slice(0, 100).map(() => ['sent']),
      );
      expect(results.slice(100).every((result) => result.settled.length === 0)).toBe(true);
    });

    test('[ROAD11] keeps a batch while the database is away, and its place before later entries', async () => {
      harness = await create(CONFIG);
      const one = channel();
      let away = true;
      const order: string[] = [];
      const consumer: Consumer = (batch) => {
        if (away) return Promise.reject(new AwayError(true, null));
        order.push(...batch.map((entry) => entry.body));
        return Promise.resolve(batch.map(sentOf));
      };
      harness.queue.start(consumer);
      const first = put(textIn(one, 'first'));
      await harness.advance(300);
      const second = put(textIn(one, 'second'));
      away = false;
      await harness.advance(1_500);
      expect(order).toEqual(['first', 'second']);
      expect([codes(first.settled), codes(second.settled)]).toEqual([['sent'], ['sent']]);
    });

    test('[ROAD10] tells expired what was never tried, and unavailable what may have been stored', async () => {
      harness = await create({ ...CONFIG, batchSize: 1 });
      const one = channel();
      harness.queue.start(() => Promise.reject(new AwayError(true, null)));
      const tried = put(textIn(one, 'tried'));
      await harness.advance(100);
      const waited = put(textIn(one, 'waited'));
      await harness.advance(CONFIG.retentionPeriod + 2_000);
      expect(codes(tried.settled)).toEqual(['unavailable']);
      expect(codes(waited.settled)).toEqual(['expired']);
      expect(harness.queue.stats().depth).toBe(0);
    });

    test('[ROAD8] drains what it took, and refuses what comes after', async () => {
      harness = await create(CONFIG);
      const one = channel();
      const held = Array.from({ length: 25 }, (_, index) => put(textIn(one, String(index))));
      harness.queue.start((batch) => Promise.resolve(batch.map(sentOf)));
      const drained = harness.queue.drain(2_000);
      expect(put(textIn(one, 'late')).refusal?.code).toBe('draining');
      await harness.advance(2_500);
      await drained;
      expect(held.map((result) => codes(result.settled))).toEqual(held.map(() => ['sent']));
    });
  });
}
