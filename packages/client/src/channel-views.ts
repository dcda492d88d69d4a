import type { ChannelId, MemberView, MessageView, OutputOf, ReceiptView, Sent, UserId } from '@parley/protocol';
import type { ChannelContent } from './channel-content.ts';
import type { ChannelSummary } from './channel-state.ts';
import type { DeliveryReporter } from './delivery-reporter.ts';
import { History } from './history.ts';
import { PAGE_ITEMS } from './limits.ts';
import { MessageItems, type MessagesSnapshot } from './messages.ts';
import type { Replica } from './replica.ts';
import type { Call } from './request.ts';
import type { OutgoingMessage } from './send-queue.ts';
import type { PendingSend, Sender, SendOptions } from './sender.ts';
import { type Batch, View } from './store.ts';
import type { TypingReporter, Typists } from './typing.ts';
import type { Users } from './users.ts';

/** Members of a channel as far as they are loaded. */
export interface MembersSnapshot {
  readonly members: readonly MemberView[];
  /** True when every member is in `members`. */
  readonly isComplete: boolean;
}

export interface ChannelPorts {
  readonly call: Call;
  readonly batch: Batch;
  readonly sender: Pick<Sender, 'inChannel' | 'retry' | 'discard' | 'arrived'>;
  userId(): UserId | null;
  readonly replica: Pick<Replica, 'get'>;
  readonly typists: Pick<Typists, 'in'>;
  readonly users: Pick<Users, 'take'>;
  readonly reporter: Pick<DeliveryReporter, 'forget'>;
  send(channelId: ChannelId, body: string, options: SendOptions | undefined): PendingSend;
  readonly typingReporter: Pick<TypingReporter, 'set'>;
  markRead(channelId: ChannelId, seq: number): void;
  onGone(channelId: ChannelId): void;
  takeMessage(message: MessageView): void;
  takeJoined(joined: OutputOf<'channel.join'>): void;
}

/** What a channel shows, as stores, and the loading behind them. */
export class ChannelViews {
  readonly info: View<ChannelSummary | null>;
  readonly messages: View<MessagesSnapshot>;
  readonly members: View<MembersSnapshot>;
  readonly receipts: View<readonly ReceiptView[]>;
  readonly typing: View<readonly UserId[]>;
  readonly history: History;
  readonly #content: ChannelContent;
  readonly #ports: ChannelPorts;
  readonly #items: MessageItems;
  #hasReceipts = false;
  #loadingMembers: Promise<void> | null = null;
  #loadingReceipts: Promise<void> | null = null;

  constructor(content: ChannelContent, ports: ChannelPorts) {
    this.#content = content;
    this.#ports = ports;
    const { batch, call } = ports;
    const { id } = content;
    this.history = new History(id, content.list, {
      call,
      changed: () => content.onChange('messages'),
      paged: (messages) => this.#settle(messages),
    });
    this.#items = new MessageItems(content, this.history);
    this.info = new View(batch, () => ports.replica.get(id)?.summary ?? null);
    this.messages = new View(batch, () => this.#items.snapshot(ports.sender.inChannel(id), ports.userId()), {
      onWatched: () => {
        content.list.isWatched = true;
        void this.history.ensure();
        return () => {
          content.list.isWatched = false;
        };
      },
    });
    this.members = new View(batch, () => membersOf(content), { onWatched: () => this.#ensureMembers() });
    this.receipts = new View(batch, () => content.receipts.receipts, { onWatched: () => this.#loadReceipts() });
    this.typing = new View<readonly UserId[]>(batch, () => ports.typists.in(id));
    content.onChange = (part) => this[part].invalidate();
    content.onStale = () => void this.refresh();
  }

  /** Loads again whatever somebody looks at and may be out of date: after a reset, and after each connect. */
  async refresh(): Promise<void> {
    const { list } = this.#content;
    const loads: Promise<void>[] = [];
    if (this.messages.isWatched || list.isStale) loads.push(this.history.ensure());
    if (this.members.isWatched) loads.push(this.#ensureMembers());
    if (this.receipts.isWatched || this.#hasReceipts) loads.push(this.#loadReceipts());
    await Promise.all(loads);
  }

  /** A message of this client is committed at its place. */
  acknowledge(message: OutgoingMessage, sent: Sent): void {
    this.#items.acknowledge(message, sent, this.#ports.userId());
    this.messages.invalidate();
  }

  /** Loads the first page of members, or the page after those that are loaded; none when all are here. */
  loadMembers(): Promise<void> {
    this.#loadingMembers ??= this.#loadMemberPage().finally(() => {
      this.#loadingMembers = null;
    });
    return this.#loadingMembers;
  }

  close(): void {
    for (const view of [this.info, this.messages, this.members, this.receipts, this.typing]) view.close();
  }

  /** One's own message may be there though its send was refused: who was put out before the answer came was told no more. */
  #settle(messages: readonly MessageView[]): void {
    const { sender, batch } = this.#ports;
    if (sender.inChannel(this.#content.id).length === 0) return;
    batch.run(() => {
      for (const message of messages) sender.arrived(message);
    });
  }

  async #ensureMembers(): Promise<void> {
    if (!this.#content.members.isComplete && this.#content.members.nextCursor === null) {
      // What a store loads by itself has nobody to tell of a failure: the next look tries again.
      await this.loadMembers().catch(() => {});
    }
  }

  async #loadMemberPage(): Promise<void> {
    const { id, members: list } = this.#content;
    if (list.isComplete) return;
    const cursor = list.nextCursor;
    const page = await this.#ports.call('member.list', {
      channelId: id,
      limit: PAGE_ITEMS,
      ...(cursor === null ? {} : { cursor }),
    });
    this.#ports.batch.run(() => {
      this.#ports.users.take(page.users);
      list.takePage(page.members, page.rev, page.nextCursor);
      this.#content.onChange('members');
    });
  }

  /** One answer serves all who ask before it: a screen that opens asks, and so does the connection it waited for. */
  #loadReceipts(): Promise<void> {
    this.#hasReceipts = true;
    this.#loadingReceipts ??= this.#readReceipts().finally(() => {
      this.#loadingReceipts = null;
    });
    return this.#loadingReceipts;
  }

  async #readReceipts(): Promise<void> {
    try {
      const { receipts } = await this.#ports.call('receipt.list', { channelId: this.#content.id });
      this.#content.receipts.takeAll(receipts);
      this.#content.onChange('receipts');
    } catch {
      // Receipts are a courtesy: without them the ticks stay at "sent" until the next connect.
    }
  }
}

function membersOf({ members: list }: ChannelContent): MembersSnapshot {
  return { members: list.members, isComplete: list.isComplete };
}
