import type { ChannelId, RevEvent } from '@parley/protocol';

const MAX_CHANNELS = 50;
const MAX_PER_CHANNEL = 100;

/**
 * Events of channels that are not known yet: the word that one has joined may be a moment behind the first event. Bounded, and
 * losing them loses nothing, since the log sees a hole and mends it.
 */
export class Strays {
  readonly #events = new Map<ChannelId, RevEvent[]>();

  keep(event: RevEvent): void {
    const kept = this.#events.get(event.channel);
    if (kept === undefined) {
      if (this.#events.size < MAX_CHANNELS) this.#events.set(event.channel, [event]);
    } else if (kept.length < MAX_PER_CHANNEL) kept.push(event);
  }

  /** What was kept of a channel; it is forgotten here. */
  take(channelId: ChannelId): readonly RevEvent[] {
    const kept = this.#events.get(channelId) ?? [];
    this.#events.delete(channelId);
    return kept;
  }

  clear(): void {
    this.#events.clear();
  }
}
