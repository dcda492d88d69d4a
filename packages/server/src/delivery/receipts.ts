import type { ReceiptView, UserId } from '@parley/protocol';

/** What came in of one member and channel since the last flush; zero: nothing. */
export interface Report {
  readonly delivered: number;
  readonly read: number;
  /** The member has sent something, which he has then read himself. */
  readonly own: boolean;
}

/** Two reports as one: how far one has got is the furthest that was said, in whatever order it arrives. */
export function mergeReports(a: Report, b: Report): Report {
  return {
    delivered: Math.max(a.delivered, b.delivered),
    read: Math.max(a.read, b.read),
    own: a.own || b.own,
  };
}

/** A member's place in a channel, before or after a report. */
export interface Cursors {
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** Where the member has put himself back to, for himself alone; null: nowhere. */
  readonly markedSeq: number | null;
}

/** How far the member has read as he sees it himself. */
export function ownReadSeq(cursors: Cursors): number {
  return Math.min(cursors.readSeq, cursors.markedSeq ?? cursors.readSeq);
}

/** A member whose place has changed. */
export interface Move {
  readonly userId: UserId;
  readonly before: Cursors;
  readonly after: Cursors;
  /** The member shows nobody how far he has read. */
  readonly hidden: boolean;
}

/** What the others are told of a move: nothing when they would see no difference. */
export function shownReceipt({ userId, before, after, hidden }: Move): ReceiptView | null {
  const hasRead = after.readSeq > before.readSeq && !hidden;
  if (!hasRead && after.deliveredSeq === before.deliveredSeq) return null;
  return { userId, deliveredSeq: after.deliveredSeq, readSeq: hidden ? 0 : after.readSeq };
}
