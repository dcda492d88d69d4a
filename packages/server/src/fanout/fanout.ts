import type { ChannelId } from '@parley/protocol';
import type { Bus, UserNotice } from './bus.ts';
import type { CommittedEvent } from './committed.ts';

/** Hands what was committed, and what may be lost, to whoever listens on any node. */
export class Fanout {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Publishes the events of one commit in one root channel; one publish, however many events. */
  committed(channelId: ChannelId, events: readonly CommittedEvent[]): void {
    if (events.length > 0) this.#bus.publish(`channel:${channelId}`, { kind: 'batch', channelId, events });
  }

  /** Tells the top of a channel when the events themselves are not at hand: after a commit whose answer was lost. */
  top(channelId: ChannelId, rev: number): void {
    this.#bus.publish(`channel:${channelId}`, { kind: 'top', channelId, rev });
  }

  /** Sends a frame to those in a channel that may be dropped on the way: typing, receipts. */
  ephemeral(channelId: ChannelId, frame: object): void {
    this.#bus.publish(`channel:${channelId}`, { kind: 'ephemeral', channelId, json: JSON.stringify(frame) });
  }

  /** Tells all sockets of one user, on every node. */
  user(notice: UserNotice): void {
    this.#bus.publish(`user:${notice.userId}`, notice);
  }

  /** Tells one node. */
  node(nodeName: string, topic: string, payload: unknown): void {
    this.#bus.publish(`node:${nodeName}`, { kind: 'node', topic, payload });
  }

  /** Tells every node. */
  nodes(topic: string, payload: unknown): void {
    this.#bus.publish('nodes', { kind: 'node', topic, payload });
  }
}
