import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeReports, ownReadSeq, type Report, shownReceipt } from './receipts.ts';

const report = fc.record({ delivered: fc.nat(), read: fc.nat(), own: fc.boolean() });
const cursors = (deliveredSeq: number, readSeq: number, markedSeq: number | null = null) => ({
  deliveredSeq,
  readSeq,
  markedSeq,
});

test('[DEL1] reports can be merged in any order and any number of times', () => {
  const mergeAll = (reports: readonly Report[]) => reports.reduce(mergeReports, { delivered: 0, read: 0, own: false });
  fc.assert(
    fc.property(fc.array(report), fc.infiniteStream(fc.nat()), (reports, order) => {
      const shuffled = [...reports, ...reports]
        .map((one) => ({ one, place: order.next().value ?? 0 }))
        .sort((a, b) => a.place - b.place)
        .map(({ one }) => one);
      expect(mergeAll(shuffled)).toEqual(mergeAll(reports));
    }),
  );
});

test('[DEL6] a mark moves back only what one sees oneself', () => {
  expect(ownReadSeq(cursors(9, 9))).toBe(9);
  expect(ownReadSeq(cursors(9, 9, 4))).toBe(4);
  const move = { userId: 'ann' as UserId, before: cursors(9, 9), after: cursors(9, 9, 4), hidden: false };
  expect(shownReceipt(move)).toBeNull();
});

test('[DEL7] who hides receipts is shown to have got messages, not to have read them', () => {
  const move = { userId: 'ann' as UserId, before: cursors(3, 2), after: cursors(9, 8), hidden: true };
  expect(shownReceipt(move)).toEqual({ userId: 'ann', deliveredSeq: 9, readSeq: 0 });
  expect(shownReceipt({ ...move, before: cursors(9, 2) })).toBeNull();
  expect(shownReceipt({ ...move, hidden: false })).toEqual({ userId: 'ann', deliveredSeq: 9, readSeq: 8 });
});
