import type { ChannelId } from '@parley/protocol';
import type { CommittedEvent } from '../fanout/committed.ts';
import type { Subscriber } from './subscriber.ts';

/** Most events a room holds while it waits for an earlier one; above it the database is asked at once. */
export const MAX_HELD_EVENTS = 1_000;

/**
 * A root channel as this node hears it: who listens here, and the last rev they were given. Events leave in rev order,
 * whatever order they came in.
 */
export class Room {
  readonly channelId: ChannelId;
  readonly subscribers = new Set<Subscriber>();
  /** The last rev delivered here; null until a first reader of the database says where the channel stands. */
  rev: number | null = null;
  /** Monotonic milliseconds of the last delivery; the tops told with a pong come from here. */
  lastDeliveryAt = 0;
  /** When the present hole was first seen; null while there is none. */
  holeSince: number | null = null;
  readonly #held = new Map<number, CommittedEvent>();
  /** The highest rev known to exist, from events or from told tops. */
  #knownTop = 0;

  constructor(channelId: ChannelId) {
    this.channelId = channelId;
  }

  get knownTop(): number {
    return Math.max(this.#knownTop, this.rev ?? 0);
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** True when events are known to exist that have not been delivered here. */
  get hasHole(): boolean {
    return this.rev !== null && this.#knownTop > this.rev;
  }

  learnTop(rev: number): void {
    if (rev > this.#knownTop) this.#knownTop = rev;
  }

  /** Takes events in any order and returns those that are now due, in order, each once. */
  accept(events: readonly CommittedEvent[]): readonly CommittedEvent[] {
    const first = events[0];
    const last = events[events.length - 1];
    if (first === undefined || last === undefined) return [];
    this.learnTop(last.rev);
    if (this.#held.size === 0 && this.rev !== null && first.rev === this.rev + 1) {
      this.rev = last.rev;
      return events;
    }
    for (const event of events) if (this.rev === null || event.rev > this.rev) this.#held.set(event.rev, event);
    return this.#due();
  }

  /** Learns where the channel stands; events up to there are in the reader's hands already. Returns what is due then. */
  advanceTo(rev: number): readonly CommittedEvent[] {
    if (this.rev === null || rev > this.rev) this.rev = rev;
    this.learnTop(rev);
    for (const heldRev of this.#held.keys()) if (heldRev <= this.rev) this.#held.delete(heldRev);
    return this.#due();
  }

  #due(): CommittedEvent[] {
    const due: CommittedEvent[] = [];
    while (this.rev !== null) {
      const next = this.#held.get(this.rev + 1);
      if (next === undefined) break;
      this.#held.delete(next.rev);
      this.rev = next.rev;
      due.push(next);
    }
    return due;
  }
}
