import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import type { ParleyError } from './errors.ts';

/** A message on its way out. Plain data: it is also what the outbox storage holds. */
export interface OutgoingMessage {
  readonly id: MessageId;
  readonly channelId: ChannelId;
  readonly body: string;
  readonly replyTo?: number | undefined;
  readonly attachments?: string[] | undefined;
  readonly createdAt: number;
  /** Rises with each send of this device: the order in which they go out. */
  readonly order: number;
  /** Who wrote it; null when it was written before the first connection told who that is. */
  readonly senderId: UserId | null;
}

/** `queued` waits for its turn or for a connection · `sending` is on the wire, not answered · `failed` was refused. */
export type SendStatus = 'queued' | 'sending' | 'failed';

/** Where a message on its way out stands. */
export interface QueuedMessage {
  readonly message: OutgoingMessage;
  readonly status: SendStatus;
  readonly error: ParleyError | null;
  /** How often it was refused for the moment. */
  readonly postponed: number;
}

interface Lane {
  entries: QueuedMessage[];
  /** After a refusal for the moment nothing of the channel goes out before this. */
  pausedUntilMs: number;
}

/**
 * What waits to be sent, as pure state. Within a channel messages leave in order: at most `window` are unanswered at a time, and
 * one that was refused for the moment holds back those behind it. What failed for good steps aside.
 */
export class SendQueue {
  readonly #lanes = new Map<ChannelId, Lane>();
  readonly #channelOf = new Map<MessageId, ChannelId>();
  readonly #window: number;

  /** With a window of 1 the order holds whatever happens; a larger one is faster, and may reorder around a refusal. */
  constructor(window = 1) {
    this.#window = window;
  }

  get size(): number {
    return this.#channelOf.size;
  }

  /** Adds a message at its place by `order`; one that is here already is left as it is. */
  add(message: OutgoingMessage): void {
    if (this.#channelOf.has(message.id)) return;
    this.#channelOf.set(message.id, message.channelId);
    const lane = this.#lane(message.channelId);
    const entry: QueuedMessage = { message, status: 'queued', error: null, postponed: 0 };
    const index = lane.entries.findIndex((other) => other.message.order > message.order);
    if (index === -1) lane.entries.push(entry);
    else lane.entries.splice(index, 0, entry);
  }

  get(id: MessageId): QueuedMessage | undefined {
    return this.#entriesOf(id).find((entry) => entry.message.id === id);
  }

  /** What waits in one channel, in the order it will leave. */
  inChannel(channelId: ChannelId): readonly QueuedMessage[] {
    return this.#lanes.get(channelId)?.entries ?? [];
  }

  /** Those that go out now; they are `sending` from here on. */
  take(nowMs: number): OutgoingMessage[] {
    const due: OutgoingMessage[] = [];
    for (const lane of this.#lanes.values()) {
      if (lane.pausedUntilMs > nowMs) continue;
      let unanswered = 0;
      for (const entry of lane.entries) {
        if (entry.status === 'failed') continue;
        unanswered += 1;
        if (unanswered > this.#window) break;
        if (entry.status === 'sending') continue;
        this.#update(entry.message.id, { status: 'sending' });
        due.push(entry.message);
      }
    }
    return due;
  }

  /** When the next pause ends, if something waits for it; null when nothing waits for the clock alone. */
  nextDueMs(nowMs: number): number | null {
    let next: number | null = null;
    for (const lane of this.#lanes.values()) {
      if (lane.pausedUntilMs <= nowMs || !lane.entries.some((entry) => entry.status === 'queued')) continue;
      if (next === null || lane.pausedUntilMs < next) next = lane.pausedUntilMs;
    }
    return next;
  }

  /** It is sent, or taken back: nothing remains of it. */
  remove(id: MessageId): void {
    const channelId = this.#channelOf.get(id);
    if (channelId === undefined) return;
    this.#channelOf.delete(id);
    const lane = this.#lane(channelId);
    lane.entries = lane.entries.filter((entry) => entry.message.id !== id);
    if (lane.entries.length === 0) this.#lanes.delete(channelId);
  }

  /** Refused for good: it stays to be seen, retried or discarded, and holds nobody up. */
  fail(id: MessageId, error: ParleyError): void {
    this.#update(id, { status: 'failed', error });
  }

  /** Refused for the moment: it, and those behind it, wait until `untilMs`. */
  postpone(id: MessageId, untilMs: number): void {
    const entry = this.get(id);
    if (entry === undefined) return;
    this.#update(id, { status: 'queued', postponed: entry.postponed + 1 });
    const lane = this.#lane(entry.message.channelId);
    lane.pausedUntilMs = Math.max(lane.pausedUntilMs, untilMs);
  }

  /** The socket is gone: whatever was unanswered goes out again, in its old order, with the same id. Gives what that is. */
  interrupt(): MessageId[] {
    const interrupted: MessageId[] = [];
    for (const lane of this.#lanes.values()) {
      lane.pausedUntilMs = 0;
      for (const { status, message } of lane.entries) {
        if (status !== 'sending') continue;
        this.#update(message.id, { status: 'queued' });
        interrupted.push(message.id);
      }
    }
    return interrupted;
  }

  /** Tries a failed message again, as the last of its channel. */
  retry(id: MessageId, order: number): OutgoingMessage | undefined {
    const entry = this.get(id);
    if (entry?.status !== 'failed') return undefined;
    const message = { ...entry.message, order };
    this.remove(id);
    this.add(message);
    return message;
  }

  channels(): IterableIterator<ChannelId> {
    return this.#lanes.keys();
  }

  #lane(channelId: ChannelId): Lane {
    let lane = this.#lanes.get(channelId);
    if (lane === undefined) {
      lane = { entries: [], pausedUntilMs: 0 };
      this.#lanes.set(channelId, lane);
    }
    return lane;
  }

  #entriesOf(id: MessageId): readonly QueuedMessage[] {
    const channelId = this.#channelOf.get(id);
    return channelId === undefined ? [] : this.inChannel(channelId);
  }

  #update(id: MessageId, change: Partial<QueuedMessage>): void {
    const channelId = this.#channelOf.get(id);
    if (channelId === undefined) return;
    const lane = this.#lane(channelId);
    lane.entries = lane.entries.map((entry) => (entry.message.id === id ? { ...entry, ...change } : entry));
  }
}
