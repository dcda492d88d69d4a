import type { HistoryPage, InputOf, MessageView, OutputOf, Sent, UserId } from '@parley/protocol';
import type { RecentMessages } from '../cache/recent-messages.ts';
import type { AccessAt } from '../channels/access-store.ts';
import { accessAtOf, readGranted } from '../channels/granted.ts';
import { decide, demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import { ANSWER_BYTES, jsonBytes } from '../lib/json-bytes.ts';
import type { Database, Tx } from '../storage/postgres.ts';
import { findSeq, readRange, readRangeIfGranted } from './history-store.ts';
import { mostBytes } from './message-bytes.ts';
import { messageView } from './message-rows.ts';
import { readEdits, readMessage, readPins } from './message-store.ts';
import { demandMessage, demandPresent, type MessageTarget } from './message-target.ts';
import { fitRange, type PageRange, type PageRequest, pageRange } from './page.ts';
import { readUnreadReasons } from './unread-reasons.ts';

/** Earlier texts told of one message; whoever edits more often than this is not read by anyone. */
const MAX_EDITS = 200;

/** Reads messages: pages, single ones, pins and earlier texts. */
export class History {
  readonly #db: Database;
  readonly #recent: RecentMessages | undefined;

  constructor(db: Database, recent?: RecentMessages) {
    this.#db = db;
    this.#recent = recent;
  }

  /** One page. It is as of the moment of `lastSeq` or a little later, and `hasBefore` and `hasAfter` are exact for that `lastSeq`. */
  async page(userId: UserId, input: InputOf<'message.history'>): Promise<HistoryPage> {
    return (await this.#quickPage(userId, input)) ?? (await this.#readPage(userId, input));
  }

  /** One statement says whether, and how far the channel has got; the cache has the end of it, which most want, and another one the rest. */
  async #quickPage(userId: UserId, input: InputOf<'message.history'>): Promise<HistoryPage | null> {
    const { channelId, lastMessageId } = input;
    if (lastMessageId !== undefined) return null;
    const access = await accessAtOf(this.#db, userId, channelId);
    const grant = demand(access, 'message.history');
    const range = pageRange(input, access.lastSeq);
    if (range.to < range.from) return pageOf([], range, access.lastSeq);
    const recent = await this.#recentMessages(access, input, range);
    const messages = recent ?? (await readRangeIfGranted(this.#db, grant, range))?.map(messageView);
    return messages === undefined ? null : fittingPage(messages, input, range, access.lastSeq);
  }

  async #recentMessages(
    { root, channel, rev }: AccessAt,
    { before, around }: PageRequest,
    range: PageRange,
  ): Promise<MessageView[] | null> {
    if (this.#recent?.isOn !== true || (before ?? around) !== undefined) return null;
    return await this.#recent.page(root.id, channel.id, range, rev);
  }

  /** All of one moment, for what is found by another message, and where access has changed in between. */
  #readPage(userId: UserId, input: InputOf<'message.history'>): Promise<HistoryPage> {
    const { channelId } = input;
    return readGranted(this.#db, { userId, channelId, action: 'message.history' }, async (tx, grant, { lastSeq }) => {
      const request = { ...input, before: await beforeOf(tx, input) };
      const range = pageRange(request, lastSeq);
      const rows = range.to < range.from ? [] : await readRange(tx, grant, range);
      return fittingPage(rows.map(messageView), request, range, lastSeq);
    });
  }

  get(target: MessageTarget): Promise<MessageView> {
    const who = { userId: target.userId, channelId: target.channelId, action: 'message.history' as const };
    return readGranted(this.#db, who, async (tx) => messageView(await demandMessage(tx, target)));
  }

  /** What its sender is told of a message, whether he may still read it or not; null: he has sent none with this id there. */
  async sent({ userId, channelId, messageId }: MessageTarget): Promise<Sent | null> {
    const row = await readMessage(this.#db, channelId, messageId);
    if (row?.senderId !== userId) return null;
    return { channelId, id: messageId, seq: row.seq, rev: row.rev, createdAt: row.createdAt };
  }

  /** Pinned messages, newest pin first. */
  pins(userId: UserId, input: InputOf<'message.pins'>): Promise<MessageView[]> {
    const who = { userId, channelId: input.channelId, action: 'message.history' as const };
    return readGranted(this.#db, who, async (tx) => (await readPins(tx, input.channelId)).map(messageView));
  }

  /** What makes a channel or followed thread unread for its reader. */
  unread(userId: UserId, input: InputOf<'message.unread'>): Promise<OutputOf<'message.unread'>> {
    const who = { userId, channelId: input.channelId, action: 'message.history' as const };
    return readGranted(this.#db, who, readUnreadReasons);
  }

  /** Earlier texts of a message, newest first, for its author and for those who may delete any message. */
  edits(target: MessageTarget): Promise<OutputOf<'message.edits'>['edits']> {
    const who = { userId: target.userId, channelId: target.channelId, action: 'message.history' as const };
    return readGranted(this.#db, who, async (tx, grant) => {
      const row = await demandMessage(tx, target);
      const isForCaller = row.senderId === target.userId || !(decide(grant, 'message.delete_any') instanceof AppError);
      if (!isForCaller) throw new AppError('forbidden', 'unable to read earlier texts; they are their author’s');
      demandPresent(row, 'read earlier texts of');
      return await readEdits(tx, row, MAX_EDITS);
    });
  }
}

/** A page of long texts has fewer messages than were asked for: no answer is larger than what a slow reader may have unsent. */
function fittingPage(messages: MessageView[], request: PageRequest, range: PageRange, lastSeq: number): HistoryPage {
  if (mostBytes(messages) <= ANSWER_BYTES) return pageOf(messages, range, lastSeq);
  const fitting = fitRange(request, range, messages.map(jsonBytes), ANSWER_BYTES);
  return pageOf(messages.slice(fitting.from - range.from, fitting.to - range.from + 1), fitting, lastSeq);
}

function pageOf(messages: MessageView[], range: PageRange, lastSeq: number): HistoryPage {
  const hasBefore = Math.min(range.from - 1, lastSeq) > 0;
  return { messages, lastSeq, hasBefore, hasAfter: Math.max(range.to, 0) < lastSeq };
}

async function beforeOf(tx: Tx, input: InputOf<'message.history'>): Promise<number | undefined> {
  if (input.lastMessageId === undefined) return input.before;
  if (input.before !== undefined) {
    throw new AppError('bad_request', 'unable to find the page; before and lastMessageId say the same');
  }
  const seq = await findSeq(tx, input.channelId, input.lastMessageId);
  if (seq === null) throw new AppError('not_found', 'unable to find the page; there is no message with lastMessageId');
  return seq;
}
