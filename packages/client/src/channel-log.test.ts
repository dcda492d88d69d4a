import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelLog } from './channel-log.ts';

const event = (rev: number) => ({ rev });

test('applies what is next, holds what is not, ignores what was', () => {
  const log = new ChannelLog(5);
  expect(log.offer(event(7))).toEqual([]);
  expect(log.hasGap).toBe(true);
  expect(log.offer(event(5))).toEqual([]);
  expect(log.offer(event(6)).map(({ rev }) => rev)).toEqual([6, 7]);
  expect(log.hasGap).toBe(false);
  expect(log.offer(event(6))).toEqual([]);
});

test('a told top is a gap until it is reached', () => {
  const log = new ChannelLog(5);
  log.noteTop(6);
  expect(log.hasGap).toBe(true);
  log.offer(event(6));
  expect(log.hasGap).toBe(false);
});

test('changes bring it forward and free what was held behind them', () => {
  const log = new ChannelLog(1);
  log.offer(event(5));
  log.offer(event(3));
  expect(log.advance(4).map(({ rev }) => rev)).toEqual([5]);
  expect(log.rev).toBe(5);
  expect(log.advance(2)).toEqual([]);
  expect(log.rev).toBe(5);
});

test('whatever order, loss and doubling: each change is applied once, in order, and a gap is known as long as there is one', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('offer' as const), rev: fc.integer({ min: 1, max: 30 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('advance' as const), rev: fc.integer({ min: 1, max: 30 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('top' as const), rev: fc.integer({ min: 1, max: 30 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const log = new ChannelLog(0);
      let at = 0;
      let top = 0;
      for (const { kind, rev } of steps) {
        top = Math.max(top, rev);
        if (kind === 'top') log.noteTop(rev);
        const due = kind === 'offer' ? log.offer(event(rev)) : kind === 'advance' ? log.advance(rev) : [];
        if (kind === 'advance') at = Math.max(at, rev);
        for (const { rev: applied } of due) {
          expect(applied).toBe(at + 1);
          at = applied;
        }
        expect(log.rev).toBe(at);
        expect(log.hasGap).toBe(top > at);
      }
      // All offered again in order: nothing is applied twice, and nothing is missing.
      for (let rev = 1; rev <= 30; rev++) for (const due of log.offer(event(rev))) expect(due.rev).toBe(++at);
      expect(log.rev).toBe(30);
    }),
  );
});
