import type { HistoryPage, MessageView } from '@parley/protocol';

/**
 * A list that follows a busy channel for days, or is leafed through, lets go of a part above this; one that nobody looks
 * at much earlier.
 */
const MAX_WATCHED = 5_000;
const MAX_UNWATCHED = 400;
/** The part that is left then, so that letting go does not happen at each message. */
const KEPT_PART = 0.75;

/** Which page was asked for. */
export type PageKind = 'latest' | 'older' | 'newer' | 'around';

/** A page on its way; what it was asked for is void after a `reset` or a jump. */
export interface LoadTicket {
  readonly kind: PageKind;
  readonly generation: number;
}

/**
 * One unbroken stretch of a channel's messages, from `lowSeq` to `highSeq`. Messages are numbered without a hole, so the numbers
 * alone prove that pages and live events meet without a seam. Of two states of one message the one with the higher rev holds.
 */
export class MessageList {
  /** Whether somebody looks at it. */
  isWatched = false;
  /** By seq; index 0 is `lowSeq`. */
  #messages: MessageView[] = [];
  #lowSeq = 0;
  #lastSeq = 0;
  #isLoaded = false;
  #isStale = false;
  #hasOlder = false;
  #generation = 0;
  #loads = 0;
  /** States that came while a page was on its way and have no place yet: the page may be older than they are. */
  readonly #overlay = new Map<number, MessageView>();

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** True after a `reset`, until the latest page has come again: what is shown may be out of date. */
  get isStale(): boolean {
    return this.#isStale;
  }

  get lowSeq(): number {
    return this.#lowSeq;
  }

  get highSeq(): number {
    return this.#lowSeq + this.#messages.length - 1;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** True when the channel goes on after `highSeq`: the list was jumped back in time, or is behind for a moment. */
  get hasNewer(): boolean {
    return this.#isLoaded && this.highSeq < this.#lastSeq;
  }

  /** By rising seq; as it is now, for it changes in place. */
  get messages(): readonly MessageView[] {
    return this.#messages;
  }

  at(seq: number): MessageView | undefined {
    return this.#messages[seq - this.#lowSeq];
  }

  /** Learns that the channel has got to `seq`. */
  noteLast(seq: number): void {
    if (seq > this.#lastSeq) this.#lastSeq = seq;
  }

  /** Takes the state of a message, from an event, an answer or a repair; an older state than the known one is ignored. */
  apply(message: MessageView): void {
    this.noteLast(message.seq);
    const isPlaced = this.#isLoaded && this.#place(message);
    if (isPlaced && !this.#isStale) this.#absorbOverlay();
    if (isPlaced) this.#trim();
    // What is stale is replaced by the page on its way, which may be older than this.
    if (this.#loads > 0 && (!isPlaced || this.#isStale)) {
      const known = this.#overlay.get(message.seq);
      if (known === undefined || message.rev > known.rev) this.#overlay.set(message.seq, message);
    }
  }

  /** Must be called before a page is asked for: from here on no state is lost that the page may not have. */
  beginLoad(kind: PageKind): LoadTicket {
    this.#loads += 1;
    return { kind, generation: this.#generation };
  }

  /** Takes the page that was asked for, or null when it did not come; false when it is void. */
  endLoad(ticket: LoadTicket, page: HistoryPage | null): boolean {
    this.#loads -= 1;
    const isWanted = ticket.generation === this.#generation && !(this.#isStale && ticket.kind !== 'latest');
    if (page !== null && isWanted) this.#takePage(ticket.kind, page);
    if (this.#loads === 0) this.#overlay.clear();
    return isWanted;
  }

  /** Too much happened to tell: what is known stays in sight until the latest page replaces it. */
  reset(): void {
    this.#generation += 1;
    this.#isStale = this.#isLoaded;
    this.#overlay.clear();
  }

  /** A `reset` of another history: how far the channel had got says nothing any more. */
  forget(): void {
    this.reset();
    this.#lastSeq = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.forget();
    this.#messages = [];
    this.#lowSeq = 0;
    this.#isLoaded = false;
    this.#isStale = false;
    this.#hasOlder = false;
  }

  /** Above its bound it lets go of the part that lies away from where somebody reads on; true when it did. */
  letGo(part: 'oldest' | 'newest'): boolean {
    if (this.#messages.length <= MAX_WATCHED) return false;
    const kept = MAX_WATCHED * KEPT_PART;
    if (part === 'oldest') this.#dropOldest(this.#messages.length - kept);
    else this.#messages = this.#messages.slice(0, kept);
    // Pages on their way were asked for at the old ends.
    this.#generation += 1;
    return true;
  }

  #takePage(kind: PageKind, page: HistoryPage): void {
    this.noteLast(page.lastSeq);
    const first = page.messages[0];
    if (first === undefined) return this.#takeEmptyPage(kind, page);
    const last = first.seq + page.messages.length - 1;
    const touches = this.#isLoaded && !this.#isStale && first.seq <= this.highSeq + 1 && last >= this.#lowSeq - 1;
    if (touches) this.#join(page, first.seq);
    else if (kind === 'latest' || kind === 'around') this.#replace(page, first.seq);
    this.#absorbOverlay();
  }

  #takeEmptyPage(kind: PageKind, page: HistoryPage): void {
    if (kind === 'older') this.#hasOlder = page.hasBefore;
    if (kind !== 'latest' || (this.#isLoaded && !this.#isStale)) return;
    // Nothing to see: the channel is new, or begins for the reader after what exists. The next message continues from here.
    this.#messages = [];
    this.#lowSeq = page.lastSeq + 1;
    this.#hasOlder = page.hasBefore;
    this.#isLoaded = true;
    this.#isStale = false;
    this.#absorbOverlay();
  }

  #replace(page: HistoryPage, firstSeq: number): void {
    this.#messages = [...page.messages];
    this.#lowSeq = firstSeq;
    this.#hasOlder = page.hasBefore;
    this.#isLoaded = true;
    this.#isStale = false;
    // Other pages on their way were asked for around the old stretch.
    this.#generation += 1;
  }

  #join(page: HistoryPage, firstSeq: number): void {
    if (firstSeq < this.#lowSeq) {
      this.#messages = [...page.messages.slice(0, this.#lowSeq - firstSeq), ...this.#messages];
      this.#lowSeq = firstSeq;
      this.#hasOlder = page.hasBefore;
    } else if (firstSeq === this.#lowSeq) this.#hasOlder = page.hasBefore;
    for (const message of page.messages) this.#place(message);
  }

  /** Puts a message into the stretch, or behind its end; false when it has no place there. */
  #place(message: MessageView): boolean {
    const index = message.seq - this.#lowSeq;
    if (index < 0 || index > this.#messages.length) return false;
    const known = this.#messages[index];
    if (known !== undefined && known.rev >= message.rev) return true;
    // In place: a copy of thousands for each message is what a busy channel would spend its time on.
    this.#messages[index] = message;
    return true;
  }

  #absorbOverlay(): void {
    if (this.#overlay.size === 0) return;
    for (const [seq, message] of this.#overlay) {
      if (seq <= this.highSeq && this.#place(message)) this.#overlay.delete(seq);
    }
    for (let next = this.#overlay.get(this.highSeq + 1); next !== undefined; ) {
      this.#place(next);
      this.#overlay.delete(next.seq);
      next = this.#overlay.get(this.highSeq + 1);
    }
  }

  #trim(): void {
    const max = this.isWatched ? MAX_WATCHED : MAX_UNWATCHED;
    if (this.#messages.length <= max) return;
    this.#dropOldest(this.#messages.length - max * KEPT_PART);
    this.#generation += 1;
  }

  #dropOldest(count: number): void {
    this.#messages = this.#messages.slice(count);
    this.#lowSeq += count;
    this.#hasOlder = true;
  }
}
