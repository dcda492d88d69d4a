import type { ChatMessage } from '@parley/client';
import type { UserId } from '@parley/protocol';

/** One line of the list. */
export type Row =
  | { readonly kind: 'start'; readonly key: 'start' }
  | { readonly kind: 'day'; readonly key: string; readonly timeMs: number }
  | { readonly kind: 'unread'; readonly key: 'unread' }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: ChatMessage;
      /** The first of several by one author: it carries name and picture. */
      readonly isHead: boolean;
    };

export interface RowOptions {
  /** The channel begins with the first item. */
  readonly isWhole: boolean;
  /** New messages begin behind this one; null draws no line. */
  readonly readSeq: number | null;
  readonly userId: UserId | null;
}

/** Messages of one author this close together share name and picture. */
const GROUP_MS = 5 * 60_000;

/** Puts days, the line before new messages and groups of one author into a list of messages. */
export function makeRows(items: readonly ChatMessage[], { isWhole, readSeq, userId }: RowOptions): Row[] {
  const rows: Row[] = [];
  if (isWhole) rows.push({ kind: 'start', key: 'start' });
  let last: ChatMessage | null = null;
  let day = NO_DAY;
  let needsLine = readSeq !== null;
  for (const message of items) {
    const isNewDay = message.createdAt < day.beginMs || message.createdAt >= day.endMs;
    if (isNewDay) {
      day = dayOf(message.createdAt);
      rows.push({ kind: 'day', key: `day-${day.beginMs}-${message.id}`, timeMs: message.createdAt });
    }
    const isLineHere = needsLine && isNews(message, readSeq ?? 0, userId);
    if (isLineHere) {
      rows.push({ kind: 'unread', key: 'unread' });
      needsLine = false;
    }
    const isHead = isNewDay || isLineHere || last === null || !continues(last, message);
    rows.push({ kind: 'message', key: message.id, message, isHead });
    last = message;
  }
  return rows;
}

/** True for a message that one has not read: one's own never is. */
export function isNews(message: ChatMessage, readSeq: number, userId: UserId | null): boolean {
  return message.seq > readSeq && message.senderId !== userId;
}

function continues(last: ChatMessage, message: ChatMessage): boolean {
  return (
    last.senderId === message.senderId &&
    last.kind === 'text' &&
    message.kind === 'text' &&
    message.replyTo === undefined &&
    last.deletedAt === undefined &&
    Math.abs(message.createdAt - last.createdAt) < GROUP_MS
  );
}

interface Day {
  readonly beginMs: number;
  readonly endMs: number;
}

const NO_DAY: Day = { beginMs: 0, endMs: 0 };

/** A day where the user is. The calendar is asked once for each day: for each message it would take most of the time. */
function dayOf(ms: number): Day {
  const date = new Date(ms);
  const beginMs = date.setHours(0, 0, 0, 0);
  return { beginMs, endMs: date.setDate(date.getDate() + 1) };
}
