import type { ChannelId } from '@parley/protocol';
import type { CommittedEvent, Effect } from '../fanout/committed.ts';
import type { Frame } from '../outbox/frame.ts';
import type { Subscriber } from './subscriber.ts';

/** Most events a room holds while it waits for an earlier one; above it the database is asked at once. */
export const MAX_HELD_EVENTS = 1_000;

/** Most events a room keeps for those who wait to be let in; above it they read the database once more. */
const MAX_KEPT_EVENTS = 1_000;

/** An event as it was delivered. */
export interface Delivered {
  readonly rev: number;
  readonly frame: Frame;
  readonly effect: Effect | undefined;
}

/**
 * A root channel as this node hears it: who listens here, and the last rev they were given. Events leave in rev order,
 * whatever order they came in.
 */
export class Room {
  readonly channelId: ChannelId;
  readonly subscribers = new Set<Subscriber>();
  /** Those who hear nothing yet: whether they may, and from which rev on, is being read from the database. */
  readonly waiting = new Set<Subscriber>();
  /** The last rev delivered here; null until a first reader of the database says where the channel stands. */
  rev: number | null = null;
  /** Monotonic milliseconds of the last delivery; the tops told with a pong come from here. */
  lastDeliveryAt = 0;
  /** When the present hole was first seen; null while there is none. */
  holeSince: number | null = null;
  readonly #held = new Map<number, CommittedEvent>();
  /** The highest rev known to exist, from events or from told tops. */
  #knownTop = 0;
  /** What was delivered since `#keptAfter`, while somebody waits. */
  #kept: Delivered[] = [];
  #keptAfter = 0;
  #reached: { readonly rev: number; readonly resolve: () => void }[] = [];

  constructor(channelId: ChannelId) {
    this.channelId = channelId;
  }

  get isDeserted(): boolean {
    return this.subscribers.size + this.waiting.size === 0;
  }

  /** Keeps what is delivered from now on for one more who waits. */
  expect(subscriber: Subscriber): void {
    if (this.waiting.size === 0) this.#keepAfter(this.rev ?? 0);
    this.waiting.add(subscriber);
  }

  forget(subscriber: Subscriber): void {
    if (this.waiting.delete(subscriber) && this.waiting.size === 0) this.#kept = [];
  }

  /** Called with each event that is delivered, in order. */
  keep(event: Delivered): void {
    if (this.waiting.size === 0) return;
    if (this.#kept.length >= MAX_KEPT_EVENTS) this.#keepAfter(event.rev);
    else this.#kept.push(event);
  }

  /** All that was delivered after a rev; null when not all of it was kept, or not everything up to there is delivered. */
  keptSince(rev: number): readonly Delivered[] | null {
    if (this.rev === null || rev > this.rev) return null;
    if (rev === this.rev) return [];
    return rev < this.#keptAfter ? null : this.#kept.filter((event) => event.rev > rev);
  }

  /** Resolves when everything up to `rev` is delivered; null when it is. */
  whenReached(rev: number): Promise<void> | null {
    if (this.rev !== null && this.rev >= rev) return null;
    return new Promise((resolve) => this.#reached.push({ rev, resolve }));
  }

  /** Tells those who wait for a rev that was reached; all of them at the end of the room. */
  tellReached(isOver = false): void {
    if (this.#reached.length === 0) return;
    const isDue = ({ rev }: { readonly rev: number }) => isOver || (this.rev !== null && this.rev >= rev);
    const due = this.#reached.filter(isDue);
    this.#reached = this.#reached.filter((one) => !isDue(one));
    for (const { resolve } of due) resolve();
  }

  get knownTop(): number {
    return Math.max(this.#knownTop, this.rev ?? 0);
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** True when events are known to exist that have not been delivered here. */
  get hasHole(): boolean {
    return this.behind > 0;
  }

  /** Events that are known to exist and have not been delivered here. */
  get behind(): number {
    return this.rev === null ? 0 : Math.max(0, this.#knownTop - this.rev);
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
    if (this.rev === null || rev > this.rev) {
      this.rev = rev;
      this.#keepAfter(rev);
    }
    this.learnTop(rev);
    for (const heldRev of this.#held.keys()) if (heldRev <= this.rev) this.#held.delete(heldRev);
    return this.#due();
  }

  #keepAfter(rev: number): void {
    this.#kept = [];
    this.#keptAfter = rev;
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
