import type { ChannelId, HistoryPage, MessageId, MessageView } from '@parley/protocol';
import { ParleyError } from './errors.ts';
import type { MessageList, PageKind } from './message-list.ts';
import type { Call } from './request.ts';

/** Messages per page, unless the caller says otherwise. */
const PAGE_SIZE = 50;
/** Pages read to get back to the end of a channel before the latest page is taken instead. */
const MAX_CATCH_UP_PAGES = 4;

/** A jump that others get in the way of is tried this often. */
const MAX_JUMPS = 3;

/** Where to jump: to a message's place, or to a message known by its id alone. */
export type JumpTarget = { readonly seq: number } | { readonly id: MessageId };

export interface HistoryPorts {
  readonly call: Call;
  /** The list or the loader's state has changed. */
  changed(): void;
  /** A page has come. */
  paged(messages: readonly MessageView[]): void;
}

/** Loads pages of one channel into its list, each kind at most once at a time, and keeps the list joined to live. */
export class History {
  readonly #channelId: ChannelId;
  readonly #list: MessageList;
  readonly #ports: HistoryPorts;
  readonly #running = new Map<PageKind, Promise<boolean>>();
  /** False after a jump back in time: then the end of the channel is not followed until it is reached again. */
  #followsEnd = true;
  #error: ParleyError | null = null;

  constructor(channelId: ChannelId, list: MessageList, ports: HistoryPorts) {
    this.#channelId = channelId;
    this.#list = list;
    this.#ports = ports;
  }

  /** False after a jump back in time. */
  get followsEnd(): boolean {
    return this.#followsEnd;
  }

  get isLoading(): boolean {
    return this.#running.size > 0;
  }

  /** Why the last page did not come; null after one that did. */
  get error(): ParleyError | null {
    return this.#error;
  }

  /** Loads the latest page if the list has none that is sound, and whatever is missing to the channel's end. */
  async ensure(): Promise<void> {
    if (!this.#list.isLoaded || this.#list.isStale) await this.latest();
    else if (this.#followsEnd && this.#list.hasNewer) await this.#catchUp();
  }

  /** Loads the latest page; after a jump this is the way back to the end. */
  async latest(): Promise<void> {
    this.#followsEnd = true;
    await this.#load('latest', {});
    if (!this.#list.isLoaded || this.#list.isStale) {
      // A reset came while the page was on its way, and made it void.
      if (this.#error === null) await this.#load('latest', {});
      return;
    }
    await this.#catchUp();
  }

  /** Loads the page before what is shown. Of a long list the newest go first, in a change of their own: a view moves at one end at a time. */
  async older(limit = PAGE_SIZE): Promise<void> {
    if (!this.#list.hasOlder) return;
    if (!this.#running.has('older') && this.#list.letGo('newest')) {
      this.#followsEnd = false;
      this.#ports.changed();
    }
    await this.#load('older', { before: this.#list.lowSeq, limit });
  }

  /** Loads the page after what is shown. */
  async newer(limit = PAGE_SIZE): Promise<void> {
    if (!this.#list.hasNewer) return;
    if (!this.#running.has('newer') && this.#list.letGo('oldest')) this.#ports.changed();
    await this.#load('newer', { after: this.#list.highSeq, limit });
    if (!this.#list.hasNewer) this.#followsEnd = true;
  }

  /** Shows the stretch around a message. */
  async jump(target: JumpTarget): Promise<void> {
    const seq = 'seq' in target ? target.seq : await this.#seqOf(target.id);
    if (this.#list.isLoaded && !this.#list.isStale && this.#list.at(seq) !== undefined) return;
    this.#followsEnd = false;
    for (let tries = 0; tries < MAX_JUMPS; tries++) {
      const isOwn = !this.#running.has('around');
      const isTaken = await this.#load('around', { around: seq, limit: PAGE_SIZE });
      // Otherwise it was another jump's page, or the latest one came in between and made it void.
      if ((isOwn && isTaken) || this.#error !== null || this.#list.at(seq) !== undefined) break;
    }
    if (!this.#list.hasNewer) this.#followsEnd = true;
  }

  async #seqOf(messageId: MessageId): Promise<number> {
    const { message } = await this.#ports.call('message.get', { channelId: this.#channelId, messageId });
    return message.seq;
  }

  /** The page may be from a moment before the last events: what came after it is fetched until nothing is missing. */
  async #catchUp(): Promise<void> {
    for (let pages = 0; this.#followsEnd && this.#list.hasNewer && this.#error === null; pages++) {
      if (pages === MAX_CATCH_UP_PAGES) {
        this.#list.reset();
        await this.#load('latest', {});
        return;
      }
      await this.#load('newer', { after: this.#list.highSeq, limit: PAGE_SIZE * 2 });
    }
  }

  #load(kind: PageKind, where: { before?: number; after?: number; around?: number; limit?: number }): Promise<boolean> {
    const running = this.#running.get(kind);
    if (running !== undefined) return running;
    const loading = this.#fetch(kind, where).finally(() => {
      this.#running.delete(kind);
      this.#ports.changed();
    });
    this.#running.set(kind, loading);
    this.#ports.changed();
    return loading;
  }

  /** True when the page came, and was still wanted. */
  async #fetch(kind: PageKind, where: object): Promise<boolean> {
    const ticket = this.#list.beginLoad(kind);
    let page: HistoryPage | null = null;
    try {
      page = await this.#ports.call('message.history', { channelId: this.#channelId, limit: PAGE_SIZE, ...where });
      this.#error = null;
      this.#ports.paged(page.messages);
    } catch (error) {
      // Only errors of the SDK come from a call. The list shows it, and loading is tried again on the next occasion.
      this.#error = error instanceof ParleyError ? error : null;
    }
    return this.#list.endLoad(ticket, page) && page !== null;
  }
}
