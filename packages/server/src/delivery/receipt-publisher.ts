import type { ChannelId, ReceiptView, UserId } from '@parley/protocol';
import type { Fanout } from '../fanout/fanout.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { ChannelMove } from './receipt-statement.ts';
import { shownReceipt } from './receipts.ts';

/** Largest channel whose members are told of each other's receipts; above it they ask for counts. */
export const MAX_TOLD_MEMBERS = 200;
/**
 * A receipt goes to as many as there are members, so its cost grows with their square: the time between two events grows
 * with them too, and each socket of a busy channel gets about 5 kB/s of receipts at most, however large the channel.
 */
const PACE_MS_PER_MEMBER = 20;

/** A channel that was told something lately. */
interface Board {
  readonly waiting: Map<UserId, ReceiptView>;
  readonly timer: Timer;
}

/** Tells the members of a channel how far the others have got: one event for all of a flush, paced in larger channels. */
export class ReceiptPublisher {
  readonly #fanout: Fanout;
  readonly #clock: Clock;
  readonly #boards = new Map<ChannelId, Board>();

  constructor(fanout: Fanout, clock: Clock) {
    this.#fanout = fanout;
    this.#clock = clock;
  }

  /** Takes moves in one channel. Tells at once if the channel was told nothing lately, else when it may be told again, and then the newest state. */
  publish(moves: readonly ChannelMove[]): void {
    const [first] = moves;
    const receipts = moves.map(shownReceipt).filter((receipt) => receipt !== null);
    if (first === undefined || first.memberCount > MAX_TOLD_MEMBERS || receipts.length === 0) return;
    const { channelId, rootId, memberCount } = first;
    const board = this.#boards.get(channelId);
    if (board === undefined) {
      this.#tell(channelId, rootId, receipts);
      this.#rest(channelId, rootId, memberCount * PACE_MS_PER_MEMBER);
    } else for (const receipt of receipts) board.waiting.set(receipt.userId, receipt);
  }

  /** Drops what waits: receipts may be lost, and whoever asks gets them from the database. */
  stop(): void {
    for (const board of this.#boards.values()) board.timer.cancel();
    this.#boards.clear();
  }

  #rest(channelId: ChannelId, rootId: ChannelId, restMs: number): void {
    const timer = this.#clock.setTimeout(() => {
      const board = this.#boards.get(channelId);
      this.#boards.delete(channelId);
      if (board === undefined || board.waiting.size === 0) return;
      this.#tell(channelId, rootId, [...board.waiting.values()]);
      this.#rest(channelId, rootId, restMs);
    }, restMs);
    this.#boards.set(channelId, { waiting: new Map(), timer });
  }

  #tell(channelId: ChannelId, rootId: ChannelId, receipts: readonly ReceiptView[]): void {
    this.#fanout.ephemeral(rootId, { t: 'receipts', channel: channelId, receipts });
  }
}
