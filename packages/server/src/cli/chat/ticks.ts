import { type ChatMessage, type DeliveryState, deliveryOf } from '@parley/client';
import type { MessageId, ReceiptView, UserId } from '@parley/protocol';
import type { Tick } from './message-line.ts';

/** Messages whose ticks are followed; what is older has long left the screen. */
const MAX_FOLLOWED = 200;

interface Followed {
  message: Pick<ChatMessage, 'id' | 'createdAt' | 'seq'>;
  tick: Tick;
}

/** The ticks of one's own messages in one channel, from waiting to read. */
export class Ticks {
  readonly #onChange: (message: Followed['message'], tick: Tick) => void;
  readonly #followed = new Map<MessageId, Followed>();

  constructor(onChange: (message: Followed['message'], tick: Tick) => void) {
    this.#onChange = onChange;
  }

  /** Starts to follow a message that is shown with this tick. */
  follow(message: Pick<ChatMessage, 'id' | 'createdAt' | 'seq'>, tick: Tick): void {
    this.#followed.set(message.id, { message, tick });
    const [oldest] = this.#followed.keys();
    if (this.#followed.size > MAX_FOLLOWED && oldest !== undefined) this.#followed.delete(oldest);
  }

  isFollowed(id: MessageId): boolean {
    return this.#followed.has(id);
  }

  /** A message was sent or refused. */
  settle(id: MessageId, seq: number | null): void {
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    if (seq !== null) followed.message = { ...followed.message, seq };
    this.#set(followed, seq === null ? 'failed' : 'sent');
  }

  /** The members of the channel got further. */
  advance(receipts: readonly ReceiptView[], me: UserId): void {
    for (const followed of this.#followed.values()) {
      const { seq } = followed.message;
      if (seq === 0) continue;
      const { state } = deliveryOf(receipts, seq, me);
      if (rank(state) > rank(followed.tick)) this.#set(followed, state);
    }
  }

  clear(): void {
    this.#followed.clear();
  }

  #set(followed: Followed, tick: Tick): void {
    if (followed.tick === tick) return;
    followed.tick = tick;
    this.#onChange(followed.message, tick);
  }
}

function rank(tick: Tick | DeliveryState): number {
  return ['failed', 'waiting', 'sent', 'delivered', 'read'].indexOf(tick);
}
