import type {
  ChannelId,
  ChannelView,
  JoinedChannel,
  MembershipView,
  MessageView,
  RevEvent,
  UserId,
} from '@parley/protocol';
import { ChannelLog } from './channel-log.ts';

/** A channel in the list: what it is, the user's own place in it, and what is unread. */
export interface ChannelSummary {
  readonly id: ChannelId;
  readonly channel: ChannelView;
  /** Null for a thread that is shown but not followed. */
  readonly membership: MembershipView | null;
  /** Messages after the last one read. */
  readonly unread: number;
  /** Unread messages that mention the user. */
  readonly mentions: number;
  /** The latest message, once this client has seen one. */
  readonly lastMessage: MessageView | null;
}

/** One channel as this client has it. Threads have no log of their own: their changes take the rev of their root. */
export class ChannelState {
  readonly id: ChannelId;
  readonly log: ChannelLog<RevEvent> | null;
  #view: ChannelView;
  #membership: MembershipView | null;
  #lastMessage: MessageView | null = null;
  /** The last message that came through the log, in order; `lastSeq` may be ahead of it for a moment. */
  #seenSeq: number;
  /** How far the server has ever said that the user has read; what it says with less is older. */
  #reachedSeq = 0;
  #summary: ChannelSummary | null = null;

  /** `isNew`: the user has come in just now, and what was said since then is still to be told. */
  constructor(view: ChannelView, membership: MembershipView | null, isNew = false) {
    this.id = view.id;
    this.#view = view;
    this.#membership = membership;
    const place = isNew ? placeOf(view, membership) : view;
    this.#seenSeq = place.lastSeq;
    this.log = view.rootId === null ? new ChannelLog(place.rev) : null;
    this.log?.noteTop(view.rev);
  }

  get view(): ChannelView {
    return this.#view;
  }

  get membership(): MembershipView | null {
    return this.#membership;
  }

  /** Takes the channel's own state, unless a newer one is known; what messages have shown already is not taken back. */
  setView(view: ChannelView): void {
    if (view.rev < this.#view.rev) return;
    this.#view = { ...view, lastSeq: Math.max(view.lastSeq, this.#view.lastSeq) };
    this.#summary = null;
  }

  /** Takes how many members there were after change `rev`. */
  setMemberCount(memberCount: number, rev: number): void {
    if (rev < this.#view.rev) return;
    this.#view = { ...this.#view, memberCount, rev };
    this.#summary = null;
  }

  /** Takes the user's own place in the channel as the server tells it. */
  setMembership(membership: MembershipView | null): void {
    this.#membership = membership;
    this.#summary = null;
  }

  /**
   * Takes the channel and the user's place in it from an answer, which may be older than what events have told since it was
   * asked for: cursors go back by events and syncs alone.
   */
  join({ channel, membership }: JoinedChannel): void {
    this.setView(channel);
    const own = this.#membership;
    const isOlder = own !== null && membership !== null && membership.readSeq < own.readSeq;
    if (!isOlder) return this.setMembership(membership);
    const { readSeq, deliveredSeq, mentions } = own;
    this.setMembership({ ...membership, readSeq, deliveredSeq, mentions });
  }

  /** Learns how far the user has ever read; false when that is out of date, and so is what came with it. */
  noteReached(seq: number): boolean {
    if (seq < this.#reachedSeq) return false;
    this.#reachedSeq = seq;
    return true;
  }

  get seenSeq(): number {
    return this.#seenSeq;
  }

  /** Learns that the channel has got to `seq`. */
  noteLastSeq(seq: number): void {
    if (seq <= this.#view.lastSeq) return;
    this.#view = { ...this.#view, lastSeq: seq };
    this.#summary = null;
  }

  /** Too much happened to tell: what came before is skipped, and counts as seen. */
  restart(): void {
    this.#seenSeq = this.#view.lastSeq;
    this.#lastMessage = null;
    this.#summary = null;
  }

  /** Moves the user's own cursors, also back: reading on one device and marking unread on another both come here. */
  setCursors(readSeq: number, deliveredSeq: number, mentions: number): void {
    if (this.#membership === null) return;
    this.#membership = { ...this.#membership, readSeq, deliveredSeq, mentions };
    this.#summary = null;
  }

  /** Takes a message that came in the channel's order; true when it is new. */
  noteMessage(message: MessageView, userId: UserId | null): boolean {
    const isNew = message.seq > this.#seenSeq;
    if (isNew) this.#seenSeq = message.seq;
    // Cursors and counts told by the server hold up to the `lastSeq` told with them: only what is after it is counted here.
    if (message.seq > this.#view.lastSeq) {
      this.noteLastSeq(message.seq);
      this.#count(message, userId);
    }
    if (message.seq === this.#view.lastSeq) {
      this.#lastMessage = message;
      this.#summary = null;
    }
    return isNew;
  }

  #count(message: MessageView, userId: UserId | null): void {
    const own = this.#membership;
    if (own === null || userId === null || message.seq <= own.readSeq) return;
    if (message.senderId === userId) {
      // One has read what one wrote, if nothing unread lies before it.
      if (own.readSeq === message.seq - 1) this.setCursors(message.seq, message.seq, own.mentions);
    } else if (message.everyone !== undefined || message.mentions?.includes(userId)) {
      this.setCursors(own.readSeq, own.deliveredSeq, own.mentions + 1);
    }
  }

  /** The same object until something in it changes. */
  get summary(): ChannelSummary {
    this.#summary ??= {
      id: this.id,
      channel: this.#view,
      membership: this.#membership,
      unread: this.#membership === null ? 0 : Math.max(0, this.#view.lastSeq - this.#membership.readSeq),
      mentions: this.#membership?.mentions ?? 0,
      lastMessage: this.#lastMessage,
    };
    return this.#summary;
  }
}

/** From where on a newcomer is told what happens: from when he came in, where something was said since. */
function placeOf(view: ChannelView, membership: MembershipView | null): Pick<ChannelView, 'lastSeq' | 'rev'> {
  if (membership?.rev === undefined || view.rootId !== null) return view;
  const lastSeq = Math.max(membership.joinedSeq, membership.readSeq);
  return lastSeq < view.lastSeq ? { lastSeq, rev: membership.rev } : view;
}
