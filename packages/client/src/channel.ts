import type {
  ChannelId,
  MessageId,
  MessageView,
  OutputOf,
  ReceiptView,
  RequestOf,
  Role,
  UserId,
} from '@parley/protocol';
import type { ChannelSummary } from './channel-state.ts';
import type { ChannelPorts, ChannelViews, MembersSnapshot } from './channel-views.ts';
import type { JumpTarget } from './history.ts';
import type { MessagesSnapshot } from './messages.ts';
import type { SocketOperation } from './request.ts';
import type { PendingSend, SendOptions } from './sender.ts';
import type { Store } from './store.ts';

/** What `channel.update` may change. */
export type ChannelUpdate = Omit<RequestOf<'channel.update'>, 'channelId'>;

/** Operations on one channel. */
type ChannelOperation = {
  [Name in SocketOperation]: RequestOf<Name> extends { channelId: ChannelId } ? Name : never;
}[SocketOperation];

/** One channel, direct conversation or thread: what it holds as stores, and what can be done in it. */
export class Channel {
  readonly id: ChannelId;
  /** The channel itself and what is unread; null while the user is not in it, or it is not known yet. */
  readonly info: Store<ChannelSummary | null>;
  /** Its messages; subscribing loads the latest page. */
  readonly messages: Store<MessagesSnapshot>;
  /** Its members; subscribing loads the first page. */
  readonly members: Store<MembersSnapshot>;
  /** How far each member has got; subscribing loads it. */
  readonly receipts: Store<readonly ReceiptView[]>;
  /** Who types here, oneself left out. */
  readonly typing: Store<readonly UserId[]>;
  readonly #views: ChannelViews;
  readonly #ports: ChannelPorts;

  constructor(id: ChannelId, views: ChannelViews, ports: ChannelPorts) {
    this.id = id;
    this.info = views.info;
    this.messages = views.messages;
    this.members = views.members;
    this.receipts = views.receipts;
    this.typing = views.typing;
    this.#views = views;
    this.#ports = ports;
  }

  /** Sends a message: it is in `messages` at once, and goes out as soon as it can, exactly once. */
  send(body: string, options?: SendOptions): PendingSend {
    return this.#ports.send(this.id, body, options);
  }

  /** Tries a failed message again. */
  retry(id: MessageId): PendingSend {
    return this.#ports.sender.retry(id);
  }

  /** Takes back a message that is not sent. */
  discard(id: MessageId): void {
    this.#ports.sender.discard(id);
  }

  async edit(messageId: MessageId, body: string): Promise<MessageView> {
    return this.#changed(await this.#ask('message.edit', { messageId, body }));
  }

  async delete(messageId: MessageId): Promise<MessageView> {
    return this.#changed(await this.#ask('message.delete', { messageId }));
  }

  async react(messageId: MessageId, emoji: string, on = true): Promise<MessageView> {
    return this.#changed(await this.#ask('message.react', { messageId, emoji, on }));
  }

  async pin(messageId: MessageId, on = true): Promise<MessageView> {
    return this.#changed(await this.#ask('message.pin', { messageId, on }));
  }

  /** Loads the latest page unless it is here; resolves when the list is joined to live. */
  load(): Promise<void> {
    return this.#views.history.ensure();
  }

  /** Loads the page before the first item. The list holds 5,000 messages: above that it lets go of the newest, and `hasNewer`. */
  loadOlder(limit?: number): Promise<void> {
    return this.#views.history.older(limit);
  }

  /** Loads the page after the last item; above its bound the list lets go of the oldest. */
  loadNewer(limit?: number): Promise<void> {
    return this.#views.history.newer(limit);
  }

  /** Shows the stretch around a message; `jumpToLatest` leads back. */
  jumpTo(target: JumpTarget): Promise<void> {
    return this.#views.history.jump(target);
  }

  jumpToLatest(): Promise<void> {
    return this.#views.history.latest();
  }

  /** Loads the next page of members. */
  loadMembers(): Promise<void> {
    return this.#views.loadMembers();
  }

  /** Says that the user has read up to `seq`, by default everything. Forward only; reports are gathered for a second. */
  markRead(seq?: number): void {
    const upTo = seq ?? this.info.getSnapshot()?.channel.lastSeq ?? 0;
    if (upTo > 0) this.#ports.markRead(this.id, upTo);
  }

  /** Makes the messages from `seq` on unread again, for the user alone. */
  async markUnread(seq: number): Promise<void> {
    this.#ports.reporter.forget(this.id);
    await this.#ask('receipt.unread', { seq });
  }

  /** Why this is unread: the message to begin with, and those that mention the user; `jumpTo` leads there. */
  whyUnread(): Promise<OutputOf<'message.unread'>> {
    return this.#ask('message.unread', {});
  }

  /** Says that the user types, or has stopped. Call it at each key; the server hears it now and then. */
  setTyping(isTyping = true): void {
    this.#ports.typingReporter.set(this.id, isTyping);
  }

  /** Opens the thread of a message, making it when it is the first reply, and follows it. Its id opens it as a channel. */
  async openThread(messageId: MessageId): Promise<OutputOf<'thread.open'>> {
    const opened = await this.#ask('thread.open', { messageId });
    this.#ports.takeMessage(opened.root);
    this.#ports.takeJoined(opened);
    return opened;
  }

  /** Follows this thread, or stops. */
  async follow(on = true): Promise<void> {
    await this.#ask('thread.follow', { on });
    if (!on) this.#ports.onGone(this.id);
  }

  async join(): Promise<void> {
    this.#ports.takeJoined(await this.#ask('channel.join', {}));
  }

  async leave(): Promise<void> {
    await this.#ask('channel.leave', {});
  }

  async update(change: ChannelUpdate): Promise<void> {
    await this.#ask('channel.update', change);
  }

  async archive(on = true): Promise<void> {
    await this.#ask('channel.archive', { on });
  }

  /** Chooses what of this channel asks for the user's attention. */
  async notify(notify: 'all' | 'mentions' | 'none'): Promise<void> {
    const membership = await this.#ask('channel.notify', { notify });
    const channel = this.info.getSnapshot()?.channel;
    if (channel !== undefined) this.#ports.takeJoined({ channel, membership });
  }

  async invite(userIds: readonly UserId[]): Promise<void> {
    await this.#ask('member.invite', { userIds: [...userIds] });
  }

  async kick(userId: UserId): Promise<void> {
    await this.#ask('member.kick', { userId });
  }

  async ban(userId: UserId, on = true): Promise<void> {
    await this.#ask('member.ban', { userId, on });
  }

  async setRole(userId: UserId, role: Role): Promise<void> {
    await this.#ask('member.role', { userId, role });
  }

  /** Asks for an operation on this channel. */
  #ask<Name extends ChannelOperation>(name: Name, input: Omit<RequestOf<Name>, 'channelId'>): Promise<OutputOf<Name>> {
    // The compiler cannot put together again what it took apart for an operation that it does not know.
    return this.#ports.call(name, { channelId: this.id, ...input } as RequestOf<Name>);
  }

  #changed({ message }: { readonly message: MessageView }): MessageView {
    this.#ports.takeMessage(message);
    return message;
  }
}
