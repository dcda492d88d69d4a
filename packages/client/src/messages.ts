import type { MessageId, MessageView, Sent, UserId } from '@parley/protocol';
import type { ChannelContent } from './channel-content.ts';
import type { ChatMessage } from './chat-message.ts';
import type { ParleyError } from './errors.ts';
import type { History } from './history.ts';
import type { MessageList } from './message-list.ts';
import type { OutgoingMessage, QueuedMessage } from './send-queue.ts';

/** A sent message may wait this long in sight for its event; more at once mean that nobody looks. */
const MAX_ACKED = 200;
const NOBODY = '' as UserId;

/** The messages of a channel. The same object, with the same items, until something changes. */
export interface MessagesSnapshot {
  /** One unbroken stretch by rising `seq`, and behind it what is on its way. */
  readonly items: readonly ChatMessage[];
  /** True once there is a page; before it there is only what is on its way. */
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  readonly hasOlder: boolean;
  /** True after a jump back in time, or a long way back: the channel goes on after the last item. */
  readonly hasNewer: boolean;
  /** Why the last page did not come. */
  readonly error: ParleyError | null;
}

/** Joins what the server has with what is on its way, so that no message is ever shown twice or vanishes between the two. */
export class MessageItems {
  readonly #list: MessageList;
  readonly #history: History;
  readonly #shown = new WeakMap<MessageView, ChatMessage>();
  readonly #echoes = new WeakMap<QueuedMessage, ChatMessage>();
  readonly #acked: Map<MessageId, ChatMessage>;

  constructor({ list, acked }: Pick<ChannelContent, 'list' | 'acked'>, history: History) {
    this.#list = list;
    this.#acked = acked;
    this.#history = history;
  }

  /** A message of this client is committed at its place. */
  acknowledge(message: OutgoingMessage, { seq, rev, createdAt }: Sent, userId: UserId | null): void {
    if (this.#acked.size >= MAX_ACKED) this.#acked.clear();
    this.#acked.set(message.id, { ...echoOf(message, userId), seq, rev, createdAt, status: 'sent', error: null });
  }

  snapshot(queued: readonly QueuedMessage[], userId: UserId | null): MessagesSnapshot {
    const list = this.#list;
    return {
      items: this.#items(queued, userId),
      isLoaded: list.isLoaded,
      isLoading: this.#history.isLoading,
      hasOlder: list.hasOlder,
      hasNewer: list.hasNewer && !this.#history.followsEnd,
      error: this.#history.error,
    };
  }

  #items(queued: readonly QueuedMessage[], userId: UserId | null): ChatMessage[] {
    const items = this.#list.messages.map((message) => this.#show(message));
    for (const [id, { seq }] of this.#acked)
      if (this.#list.isLoaded && seq <= this.#list.highSeq) this.#acked.delete(id);
    if (!this.#history.followsEnd || queued.length + this.#acked.size === 0) return items;
    const here = new Set<MessageId>(items.flatMap(({ id, senderId }) => (senderId === userId ? id : [])));
    const acked = [...this.#acked.values()].filter(({ id }) => !here.has(id)).sort((a, b) => a.seq - b.seq);
    for (const { id } of acked) here.add(id);
    const waiting = queued.filter(({ message }) => !here.has(message.id)).map((entry) => this.#echo(entry, userId));
    return [...items, ...acked, ...waiting];
  }

  #show(message: MessageView): ChatMessage {
    let shown = this.#shown.get(message);
    if (shown === undefined) {
      shown = { ...message, status: 'sent', error: null };
      this.#shown.set(message, shown);
    }
    return shown;
  }

  #echo(entry: QueuedMessage, userId: UserId | null): ChatMessage {
    let echo = this.#echoes.get(entry);
    if (echo === undefined) {
      echo = { ...echoOf(entry.message, userId), status: entry.status, error: entry.error };
      this.#echoes.set(entry, echo);
    }
    return echo;
  }
}

function echoOf(
  { id, channelId, body, createdAt, replyTo, senderId }: OutgoingMessage,
  userId: UserId | null,
): MessageView {
  const echo = {
    id,
    channelId,
    body,
    createdAt,
    senderId: senderId ?? userId ?? NOBODY,
    seq: 0,
    rev: 0,
    kind: 'text' as const,
  };
  return replyTo === undefined ? echo : { ...echo, replyTo };
}
