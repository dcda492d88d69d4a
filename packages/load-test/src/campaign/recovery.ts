import type { ChannelId } from '@parley/protocol';
import type { LoggedClient } from '../history/logged-client.ts';

/** How often clients are looked at. */
const POLL_MS = 5;

/**
 * Measures how long people feel a fault: at the mark every device says something, and all have recovered when all of it
 * is acknowledged and every device has got as far.
 */
export class Recovery {
  readonly #clients: readonly LoggedClient[];
  readonly #hall: ChannelId;
  #markedAt: number | null = null;
  /** The revs of what was said at the last mark, as they are acknowledged. */
  #revs: (number | null)[] = [];

  constructor(clients: readonly LoggedClient[], hall: ChannelId) {
    this.#clients = clients;
    this.#hall = hall;
  }

  /** From now on everybody ought to recover. The last mark of a trial counts. */
  mark(): void {
    this.#markedAt = performance.now();
    const revs: (number | null)[] = this.#clients.map(() => null);
    this.#revs = revs;
    for (const [index, client] of this.#clients.entries()) {
      const pending = client.client.channel(this.#hall).send(`${client.name} is here`);
      pending.then(
        ({ rev }) => {
          revs[index] = rev;
        },
        () => {},
      );
    }
  }

  /** Resolves with the milliseconds from the mark on; null when it took more than `limitMs`. */
  async settled(limitMs: number): Promise<number | null> {
    if (this.#markedAt === null) this.mark();
    const markedAt = this.#markedAt ?? 0;
    const deadline = performance.now() + limitMs;
    while (this.missing() !== null) {
      if (performance.now() > deadline) return null;
      await new Promise((resolve) => void setTimeout(resolve, POLL_MS));
    }
    return performance.now() - markedAt;
  }

  /** Who is not back yet, in words; null when all have recovered. */
  missing(): string | null {
    const unanswered = this.#revs.indexOf(null);
    if (unanswered >= 0) return `${this.#clients[unanswered]?.proc} has no answer`;
    const top = Math.max(...this.#revs.map((rev) => rev ?? 0));
    const late = this.#clients.find((client) => !client.isOnline || (client.revOf(this.#hall) ?? 0) < top);
    return late === undefined ? null : `${late.proc} is at rev ${late.revOf(this.#hall)} of ${top}`;
  }
}
