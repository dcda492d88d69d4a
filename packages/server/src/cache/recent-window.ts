import type { MessageId, MessageView } from '@parley/protocol';

/** What the database holds of a root channel after a rev, as of another: every change between them is in it. */
export interface RecentState {
  /** Nothing at or below this rev is told. */
  readonly floor: number;
  /** The channel's rev when this was read. */
  readonly top: number;
  /** Messages (threads included) whose last change came after `floor`, by rising rev. */
  readonly messages: readonly MessageView[];
  /** Revs after `floor` at which members or roles changed last. */
  readonly memberRevs: readonly number[];
}

/** A change that took a rev: a message's new state, or something else. */
export interface RecentChange {
  readonly rev: number;
  readonly message: MessageView | null;
  readonly isOfMembers: boolean;
}

/** About what an entry takes besides its text. */
const ENTRY_BYTES = 500;

/**
 * The last changes of a root channel, without a hole: for each message the state after its last one. Because every change
 * of a channel takes its next rev, what is here is provably what the database holds when the reader's rev is reached here.
 */
export class RecentWindow {
  readonly #limit: number;
  #floor: number;
  #top: number;
  readonly #messages = new Map<number, MessageView>();
  readonly #revs = new Map<MessageId, number>();
  #memberRevs = new Set<number>();
  /** The last rev that took the place of an earlier state: as it was before that, the channel is not known any more. */
  #replacedAt: number;
  #bytes = 0;

  /** Keeps the last `limit` revs. */
  constructor(state: RecentState, limit: number) {
    this.#limit = limit;
    this.#floor = state.floor;
    this.#top = state.top;
    this.#replacedAt = state.top;
    for (const message of state.messages) this.#put(message);
    this.#memberRevs = new Set(state.memberRevs);
    this.#trim();
  }

  get floor(): number {
    return this.#floor;
  }

  get top(): number {
    return this.#top;
  }

  /** True when reading more of the database would not add anything that this window may hold. */
  get isFull(): boolean {
    return this.#floor <= Math.max(0, this.#top - this.#limit);
  }

  /** Roughly what it takes in memory. */
  get bytes(): number {
    return ENTRY_BYTES + this.#bytes;
  }

  /** Takes the next change; false when it is not the next one. */
  add({ rev, message, isOfMembers }: RecentChange): boolean {
    if (rev !== this.#top + 1) return false;
    this.#top = rev;
    if (isOfMembers) this.#memberRevs.add(rev);
    if (message !== null && this.#replace(message)) this.#replacedAt = rev;
    this.#trim();
    return true;
  }

  /** Takes what was read after this window's top, or a part of it. False: there is a hole between the two. */
  extend(state: RecentState): boolean {
    if (state.floor > this.#top) return false;
    if (state.top <= this.#top) return true;
    const before = this.#top;
    this.#top = state.top;
    this.#replacedAt = state.top;
    for (const message of state.messages) if (message.rev > before) this.#replace(message);
    for (const rev of state.memberRevs) this.#memberRevs.add(rev);
    this.#trim();
    return true;
  }

  /**
   * The messages that changed after `since`, as of `rev`, by rising rev; null when that is not known here, or members changed
   * as well.
   */
  changes(since: number, rev: number): MessageView[] | null {
    if (since < this.#floor || !this.#knows(rev)) return null;
    for (const memberRev of this.#memberRevs) if (memberRev > since && memberRev <= rev) return null;
    const found: MessageView[] = [];
    for (const [at, message] of this.#messages) if (at > since && at <= rev) found.push(message);
    return found;
  }

  /** The messages of one of its channels from one seq to another, as of `rev`, by seq; null when not all of them are here. */
  page(channelId: string, from: number, to: number, rev: number): MessageView[] | null {
    if (!this.#knows(rev)) return null;
    const found: MessageView[] = [];
    for (const [at, message] of this.#messages) {
      if (at <= rev && message.channelId === channelId && message.seq >= from && message.seq <= to) found.push(message);
    }
    return found.length === to - from + 1 ? found.sort((a, b) => a.seq - b.seq) : null;
  }

  /** All that is known, for others to begin with. */
  state(): RecentState {
    return {
      floor: this.#floor,
      top: this.#top,
      messages: [...this.#messages.values()],
      memberRevs: [...this.#memberRevs],
    };
  }

  #knows(rev: number): boolean {
    return rev <= this.#top && rev >= this.#replacedAt;
  }

  /** True when an earlier state of the message was here. */
  #replace(message: MessageView): boolean {
    const before = this.#revs.get(message.id);
    if (before !== undefined) this.#drop(before);
    this.#put(message);
    return before !== undefined;
  }

  #put(message: MessageView): void {
    this.#messages.set(message.rev, message);
    this.#revs.set(message.id, message.rev);
    this.#bytes += sizeOf(message);
  }

  #drop(rev: number): void {
    const message = this.#messages.get(rev);
    if (message === undefined) return;
    this.#messages.delete(rev);
    this.#revs.delete(message.id);
    this.#bytes -= sizeOf(message);
  }

  #trim(): void {
    this.#floor = Math.max(this.#floor, this.#top - this.#limit);
    for (const rev of this.#messages.keys()) {
      if (rev > this.#floor) break;
      this.#drop(rev);
    }
    for (const rev of this.#memberRevs) if (rev <= this.#floor) this.#memberRevs.delete(rev);
  }
}

function sizeOf(message: MessageView): number {
  return ENTRY_BYTES + 2 * message.body.length;
}
