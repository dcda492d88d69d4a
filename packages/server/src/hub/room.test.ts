import type { ChannelId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommittedEvent } from '../fanout/committed.ts';
import { Room } from './room.ts';

const event = (rev: number): CommittedEvent => ({ rev, json: `{"rev":${rev}}` });

describe('a room', () => {
  test('[HUB1] delivers each event once and in order, however batches arrive, repeat and get lost', () => {
    const plan = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 4 })), { maxLength: 60 });
    fc.assert(
      fc.property(plan, fc.nat(10), fc.nat(60), (batches, anchor, anchorAt) => {
        const room = new Room('c' as ChannelId);
        const delivered: number[] = [];
        const take = (events: readonly CommittedEvent[]) => delivered.push(...events.map((one) => one.rev));
        for (const [index, [start, length]] of batches.entries()) {
          if (index === Math.min(anchorAt, batches.length - 1)) take(room.advanceTo(anchor));
          take(room.accept(Array.from({ length }, (_, offset) => event(start + 1 + offset))));
        }
        const first = delivered[0] ?? anchor + 1;
        expect(first).toBe(anchor + 1);
        expect(delivered).toEqual(delivered.map((_, index) => first + index));
        if (batches.length > 0) {
          const told = new Set(
            batches.flatMap(([start, length]) => Array.from({ length }, (_, offset) => start + 1 + offset)),
          );
          const missing = [...Array(room.knownTop).keys()].some((index) => index + 1 > anchor && !told.has(index + 1));
          expect(room.hasHole).toBe(missing);
        }
      }),
    );
  });
});
