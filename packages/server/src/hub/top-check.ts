import type { ChannelId } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Hub } from './hub.ts';

/** Rooms compared by one query. */
const CHUNK = 2_000;

export interface TopCheckPorts {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly periodMs: number;
  readTops(channelIds: readonly ChannelId[]): Promise<readonly { readonly id: ChannelId; readonly rev: number }[]>;
  onError(error: unknown): void;
}

/**
 * Compares what this node has delivered with the database: the bus may have lost the last event of a channel that is quiet
 * since, which nothing else would ever show.
 */
export class TopCheck {
  readonly #ports: TopCheckPorts;
  readonly #timer: Timer;
  #running: Promise<void> | null = null;

  constructor(ports: TopCheckPorts) {
    this.#ports = ports;
    this.#timer = ports.clock.setInterval(() => void this.run(), ports.periodMs);
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Compares all rooms once; calls that overlap share one run. */
  run(): Promise<void> {
    this.#running ??= this.compareAll()
      .catch((error: unknown) => this.#ports.onError(error))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  /** Compares all rooms from this moment on; rejects when the database is away. */
  async compareAll(): Promise<void> {
    const ids = [...this.#ports.hub.rooms()].filter((room) => room.rev !== null).map((room) => room.channelId);
    for (let start = 0; start < ids.length; start += CHUNK) {
      const tops = await this.#ports.readTops(ids.slice(start, start + CHUNK));
      for (const top of tops) this.#ports.hub.learnTop(top.id, top.rev);
    }
  }
}
