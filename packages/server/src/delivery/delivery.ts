import type { ChannelId, DeliveryStatus, MessageId, OutputOf, UserId } from '@parley/protocol';
import type pg from 'pg';
import { type Access, demand, demandMembership } from '../channels/permissions.ts';
import type { Fanout } from '../fanout/fanout.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { ReceiptLedger } from './receipt-ledger.ts';
import { MAX_TOLD_MEMBERS, ReceiptPublisher } from './receipt-publisher.ts';
import type { ChannelMove } from './receipt-statement.ts';
import { type MessageReach, readReach, readReceipts } from './receipt-store.ts';
import { ownReadSeq, type Report } from './receipts.ts';
import { MAX_STATUS_MEMBERS, StatusFollower } from './status-follower.ts';
import { type Membership, markUnread, readOwnCursors, readUnread } from './unread.ts';

export interface DeliveryPorts {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly fanout: Fanout;
  readonly clock: Clock;
  onError(error: unknown): void;
}

/** What devices report: how far they have taken messages, and how far their user has read. */
export interface CursorReport {
  readonly channelId: ChannelId;
  readonly seq: number;
}

/** Sent, delivered, read: two cursors per member and channel, and what is unread as the distance to them. */
export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #ledger: ReceiptLedger;
  readonly #follower: StatusFollower;
  readonly #publisher: ReceiptPublisher;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    const { fanout, clock } = ports;
    const onError = (error: unknown) => ports.onError(error);
    this.#publisher = new ReceiptPublisher(fanout, clock);
    this.#follower = new StatusFollower({ db: ports.db, clock, onError });
    this.#ledger = new ReceiptLedger({
      pool: ports.pool,
      clock,
      onMoved: (moves, unsure) => this.#tell(moves, unsure),
      onError,
    });
  }

  /** Members and channels whose reports wait for the database. */
  get depth(): number {
    return this.#ledger.depth;
  }

  /**
   * Takes what a device reports; it is stored within half a second. Reports for channels that the user is not in change
   * nothing, and none goes beyond the last message there is. Throws `busy` when too many wait.
   */
  report(userId: UserId, kind: 'delivered' | 'read', cursors: readonly CursorReport[]): void {
    for (const { channelId, seq } of cursors) {
      this.#note(userId, channelId, {
        delivered: kind === 'delivered' ? seq : 0,
        read: kind === 'read' ? seq : 0,
        own: false,
      });
    }
  }

  /** A message was committed: its sender has it, and has read it. */
  sent(userId: UserId, channelId: ChannelId): void {
    // Where too many wait this is left out: the sender sees his own message as unread until he reads on.
    this.#ledger.report(userId, channelId, { delivered: 0, read: 0, own: true });
  }

  /** Marks everything read that is in the user's channels now. */
  async readAll(userId: UserId): Promise<void> {
    const unread = await readUnread(this.#ports.pool, userId);
    this.report(
      userId,
      'read',
      unread.map((one) => ({ channelId: one.channelId, seq: one.lastSeq })),
    );
    await this.#ledger.flush();
  }

  /** Puts the user back to before message `seq` of a channel, for himself alone and on all of his devices. */
  async markUnread(userId: UserId, channelId: ChannelId, seq: number): Promise<void> {
    // What was read before this was said must not undo it afterwards.
    await this.#ledger.flush();
    if (!(await markUnread(this.#ports.db, userId, channelId, seq))) {
      throw new AppError(
        'not_found',
        'unable to mark as unread; the caller is not in the channel or does not follow the thread',
      );
    }
    await this.#tellOwnDevices([{ userId, channelId }]);
  }

  /** How far each member has got, as far as they show it. For members only. */
  list(access: Access): Promise<OutputOf<'receipt.list'>> {
    demandMembership(access, 'see the receipts');
    return readReceipts(this.#ports.db, demand(access, 'message.history'), MAX_TOLD_MEMBERS);
  }

  /** How far one message has got, exactly, by the cursors. For members only. */
  async status(access: Access, messageId: MessageId): Promise<OutputOf<'receipt.status'>> {
    demandMembership(access, 'see the receipts');
    const reach = await readReach(this.#ports.db, demand(access, 'message.history'), messageId);
    if (reach === null) throw new AppError('not_found', 'unable to find the message; there is none with this id');
    const { members, delivered, read, readBy, deliveredTo } = reach;
    return {
      status: statusOf(messageId, reach, this.#ports.clock.now()),
      members,
      delivered,
      read,
      readBy,
      deliveredTo,
    };
  }

  /** Stores everything that was reported so far. */
  async flush(): Promise<void> {
    await this.#ledger.flush();
    await this.#follower.flush();
  }

  /** Stores what waits and stops; call it when no commands come any more. */
  async drain(): Promise<void> {
    await this.#ledger.drain();
    await this.#follower.drain();
    this.#publisher.stop();
  }

  #note(userId: UserId, channelId: ChannelId, report: Report): void {
    const refusal = this.#ledger.report(userId, channelId, report);
    if (refusal !== undefined) throw refusal;
  }

  async #tell(moves: readonly ChannelMove[], unsure: readonly Membership[]): Promise<void> {
    for (const [channelId, ofChannel] of byChannel(moves)) {
      if (isFollowed(ofChannel[0])) this.#follower.note(channelId);
      this.#publisher.publish(ofChannel);
    }
    const moved = moves.filter((move) => ownReadSeq(move.before) !== ownReadSeq(move.after));
    await this.#tellOwnDevices([...moved, ...unsure]);
  }

  async #tellOwnDevices(pairs: readonly Membership[]): Promise<void> {
    if (pairs.length === 0) return;
    for (const { userId, channelId, ...cursors } of await readOwnCursors(this.#ports.db, pairs)) {
      const json = JSON.stringify({ t: 'cursor', channel: channelId, ...cursors });
      this.#ports.fanout.user({ kind: 'frame', userId, json });
    }
  }
}

/** A thread may have few followers in a channel of many members. */
function isFollowed(move: ChannelMove | undefined): boolean {
  return move !== undefined && (move.memberCount <= MAX_STATUS_MEMBERS || move.channelId !== move.rootId);
}

function byChannel(moves: readonly ChannelMove[]): Map<ChannelId, ChannelMove[]> {
  const grouped = new Map<ChannelId, ChannelMove[]>();
  for (const move of moves) {
    const list = grouped.get(move.channelId);
    if (list === undefined) grouped.set(move.channelId, [move]);
    else list.push(move);
  }
  return grouped;
}

/** The time is when the message got there, where that is kept; else that of the answer. */
function statusOf(messageId: MessageId, reach: MessageReach, now: number): DeliveryStatus {
  const { members, delivered, read, createdAt, deliveredAt, readAt } = reach;
  if (members > 0 && read === members) return { messageId, status: 'read', timestamp: readAt ?? now };
  if (members > 0 && delivered === members) return { messageId, status: 'delivered', timestamp: deliveredAt ?? now };
  return { messageId, status: 'sent', timestamp: createdAt };
}
