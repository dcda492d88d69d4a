import type { ChannelId } from '@parley/protocol';
import { CURSOR_REPORTS } from './limits.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';

/** Reports gather this long: one report says for a whole second how far each channel has got. */
const GATHER_MS = 1_000;

/** The server stores a report within half a second, and tells the user's devices. */
const SETTLE_MS = 2_000;

interface Claim {
  readonly seq: number;
  untilMs: number;
}

type Cursors = Map<ChannelId, number>;

/** Tells the server how far this device has taken messages, and how far its user has read. Losing a report loses nothing: the next says more. */
export class DeliveryReporter {
  readonly #runtime: Runtime;
  readonly #call: Call;
  readonly #delivered: Cursors = new Map();
  readonly #read: Cursors = new Map();
  /** What was said to be read, from then until the server has surely stored it and told so. */
  readonly #claims = new Map<ChannelId, Claim>();
  #cancelTimer: (() => void) | null = null;
  #isOnline = false;

  constructor(runtime: Runtime, call: Call) {
    this.#runtime = runtime;
    this.#call = call;
  }

  /** This device has everything up to `seq`. */
  delivered(channelId: ChannelId, seq: number): void {
    if ((this.#read.get(channelId) ?? 0) < seq) this.#note(this.#delivered, channelId, seq);
  }

  /** The user has read everything up to `seq`; that says delivered too. */
  read(channelId: ChannelId, seq: number): void {
    if ((this.#delivered.get(channelId) ?? 0) <= seq) this.#delivered.delete(channelId);
    if (seq > this.readUpTo(channelId, 0)) this.#claims.set(channelId, { seq, untilMs: Number.POSITIVE_INFINITY });
    this.#note(this.#read, channelId, seq);
  }

  /** How far the user has read, where the server has told `toldSeq` and may not know yet of what was read here a moment ago. */
  readUpTo(channelId: ChannelId, toldSeq: number): number {
    const claim = this.#claims.get(channelId);
    if (claim !== undefined && claim.seq > toldSeq && claim.untilMs > this.#runtime.monotonic()) return claim.seq;
    // It knows: what it tells from here on holds, also when that goes back.
    this.#claims.delete(channelId);
    return toldSeq;
  }

  /** Takes back what was gathered of a channel: it was left, or marked unread. */
  forget(channelId: ChannelId): void {
    this.#delivered.delete(channelId);
    this.#read.delete(channelId);
    this.#claims.delete(channelId);
  }

  /** There is a connection: what was gathered without one goes out soon. */
  online(): void {
    this.#isOnline = true;
    this.#arm();
  }

  lost(): void {
    this.#isOnline = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** Sends what is gathered now. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (!this.#isOnline) return;
    await Promise.all([this.#report('receipt.delivered', this.#delivered), this.#report('receipt.read', this.#read)]);
  }

  #note(cursors: Cursors, channelId: ChannelId, seq: number): void {
    if ((cursors.get(channelId) ?? 0) >= seq) return;
    cursors.set(channelId, seq);
    this.#arm();
  }

  #arm(): void {
    if (!this.#isOnline || this.#cancelTimer !== null || this.#delivered.size + this.#read.size === 0) return;
    this.#cancelTimer = this.#runtime.setTimer(() => void this.flush(), GATHER_MS);
  }

  async #report(name: 'receipt.delivered' | 'receipt.read', cursors: Cursors): Promise<void> {
    while (cursors.size > 0) {
      const reported = [...cursors].slice(0, CURSOR_REPORTS).map(([channelId, seq]) => ({ channelId, seq }));
      for (const { channelId } of reported) cursors.delete(channelId);
      try {
        await this.#call(name, { cursors: reported });
        if (cursors === this.#read) this.#settle(reported);
      } catch (error) {
        this.#keep(cursors, reported, error);
        return;
      }
    }
  }

  #settle(reported: readonly { channelId: ChannelId; seq: number }[]): void {
    for (const { channelId, seq } of reported) {
      const claim = this.#claims.get(channelId);
      if (claim?.seq === seq) claim.untilMs = this.#runtime.monotonic() + SETTLE_MS;
    }
  }

  #keep(cursors: Cursors, reported: readonly { channelId: ChannelId; seq: number }[], error: unknown): void {
    if (!(error as { retryable?: boolean }).retryable) return;
    for (const { channelId, seq } of reported) {
      // What was marked unread in the meantime is not read again by an old report.
      const isTakenBack = cursors === this.#read && (this.#claims.get(channelId)?.seq ?? 0) < seq;
      if (!isTakenBack && (cursors.get(channelId) ?? 0) < seq) cursors.set(channelId, seq);
    }
    this.#arm();
  }
}
