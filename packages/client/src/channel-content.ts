import type { ChannelId, MessageId } from '@parley/protocol';
import type { ChatMessage } from './chat-message.ts';
import { MemberList } from './member-list.ts';
import { MessageList } from './message-list.ts';
import { ReceiptBook } from './receipts.ts';

/** Which part of a channel has changed. */
export type ContentPart = 'info' | 'messages' | 'members' | 'receipts' | 'typing';

/** What is kept of a channel that the application has opened: its messages, members and receipts. */
export class ChannelContent {
  readonly id: ChannelId;
  readonly list = new MessageList();
  readonly members = new MemberList();
  readonly receipts = new ReceiptBook();
  /** Messages of this client that are committed and whose events are not here yet. */
  readonly acked = new Map<MessageId, ChatMessage>();
  /** Set by the handle that shows it. */
  onChange: (part: ContentPart) => void = () => {};
  /** Called when pages must be loaded again. */
  onStale: () => void = () => {};

  constructor(id: ChannelId) {
    this.id = id;
  }

  /** What is known may be out of date: it stays in sight until it is loaded again. */
  reset(): void {
    this.list.reset();
    this.members.invalidate();
    this.onChange('messages');
    this.onChange('members');
    this.onStale();
  }

  /** All of it is of another history, such as after an older backup: what is known of places and readers does not hold. */
  forget(): void {
    this.list.forget();
    this.members.clear();
    this.receipts.clear();
    this.acked.clear();
    this.reset();
    this.onChange('receipts');
  }

  /** The channel is gone for this user. */
  clear(): void {
    this.list.clear();
    this.members.clear();
    this.receipts.clear();
    this.acked.clear();
    for (const part of ['info', 'messages', 'members', 'receipts', 'typing'] as const) this.onChange(part);
  }
}
