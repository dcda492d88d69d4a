import type { Changes, ChannelId } from '@parley/protocol';
import { toParleyError } from './errors.ts';
import { retryDelayMs } from './reconnect.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import { Timers } from './timers.ts';

/** An answer may overtake an event by a moment; a gap that lasts longer is a loss. */
const PATIENCE_MS = 200;

export interface RepairPorts {
  readonly call: Call;
  /** The last rev that was applied, while a later one is known; null when nothing is missing. */
  gapAfter(channelId: ChannelId): number | null;
  takeChanges(changes: Changes): void;
  /** The user may not see the channel any more. */
  onGone(channelId: ChannelId): void;
}

/** Mends gaps: asks for exactly what is missing, once at a time per channel, until nothing is. */
export class Repairs {
  readonly #runtime: Runtime;
  readonly #ports: RepairPorts;
  readonly #waits: Timers<ChannelId>;
  /** Channels whose answer is awaited. */
  readonly #asked = new Set<ChannelId>();
  #isOnline = false;

  constructor(runtime: Runtime, ports: RepairPorts) {
    this.#runtime = runtime;
    this.#waits = new Timers(runtime);
    this.#ports = ports;
  }

  /** Something of a channel is missing. */
  note(channelId: ChannelId): void {
    if (this.#isOnline && !this.#waits.has(channelId) && !this.#asked.has(channelId))
      this.#wait(channelId, PATIENCE_MS, 0);
  }

  /** The sync is over: from here on gaps are mended one by one. */
  online(): void {
    this.#isOnline = true;
  }

  /** The connection is lost: the next sync brings what is missing. */
  lost(): void {
    this.#isOnline = false;
    this.#waits.clear();
    this.#asked.clear();
  }

  #wait(channelId: ChannelId, delayMs: number, attempt: number): void {
    this.#waits.set(channelId, delayMs, () => void this.#mend(channelId, attempt));
  }

  async #mend(channelId: ChannelId, attempt: number): Promise<void> {
    const since = this.#ports.gapAfter(channelId);
    if (since === null) return;
    this.#asked.add(channelId);
    let leastMs = 0;
    try {
      this.#ports.takeChanges(await this.#ports.call('sync.changes', { channelId, since }));
    } catch (cause) {
      const error = toParleyError(cause, 'mend a gap');
      if (!this.#isOnline || error.code === 'closed') return;
      if (!error.retryable) {
        this.#asked.delete(channelId);
        if (error.code === 'not_found' || error.code === 'forbidden') this.#ports.onGone(channelId);
        return;
      }
      leastMs = error.retryAfterMs ?? 0;
    }
    // Not asked any more: the connection was lost in between, and the sync has brought everything.
    if (!this.#asked.delete(channelId) || this.#ports.gapAfter(channelId) === null) return;
    this.#wait(channelId, PATIENCE_MS + retryDelayMs(attempt, this.#runtime, leastMs), attempt + 1);
  }
}
