import type { HistoryRecord, LoggedClient } from '@parley/load-test';
import type { ChannelId } from '@parley/protocol';

/** How often messages that are due are sent. */
const TICK_MS = 10;
/** A device whose messages wait writes no more than this many meanwhile: the rate is then what the machine can do. */
const MAX_UNSENT = 50;

/** Messages by a clock, so many a second whatever becomes of them, from all devices in turn into all channels in turn. */
export class Traffic {
  readonly #devices: readonly LoggedClient[];
  readonly #channels: readonly ChannelId[];
  #sent = 0;
  #isOver = false;
  readonly #timer: NodeJS.Timeout;
  /** Messages that were due and not written, because the device's last ones still waited. */
  leftOut = 0;

  constructor(devices: readonly LoggedClient[], channels: readonly ChannelId[], perSecond: number) {
    this.#devices = devices;
    this.#channels = channels;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
      for (let index = this.#sent; index < due; index++) this.#send(index);
      this.#sent = due;
    }, TICK_MS);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  #send(index: number): void {
    const device = this.#devices[index % this.#devices.length];
    const channel = this.#channels[index % this.#channels.length];
    if (this.#isOver || device === undefined || channel === undefined) return;
    if (device.unsent >= MAX_UNSENT) this.leftOut += 1;
    // How it ended is in the device's log.
    else
      device.client
        .channel(channel)
        .send(`message ${index}`)
        .catch(() => {});
  }
}

interface Send {
  readonly proc: string;
  readonly channel: string;
  readonly firstAtMs: number;
  acknowledgedAtMs: number | null;
  lastCode: string | null;
}

/** Counts how the sends into some channels ended, from the logs of the devices. */
export class SendCounts {
  readonly #channels: ReadonlySet<string>;
  readonly #sends = new Map<string, Send>();
  /** Answers to single tries that the SDK then made again, by code. */
  readonly repeated = new Map<string, number>();

  constructor(channels: readonly ChannelId[]) {
    this.#channels = new Set(channels);
  }

  add(record: HistoryRecord): void {
    if (record.type === 'invoke' && record.op === 'message.send' && this.#channels.has(record.channel ?? '')) {
      if (this.#sends.has(record.id)) return;
      const { channel = '', proc, tMono: firstAtMs } = record;
      this.#sends.set(record.id, { proc, channel, firstAtMs, acknowledgedAtMs: null, lastCode: null });
    } else if (record.type === 'ack' && record.op === 'message.send') {
      const send = this.#sends.get(record.id);
      if (send === undefined) return;
      if (record.outcome === 'ok') send.acknowledgedAtMs ??= record.tMono;
      else {
        send.lastCode = record.outcome === 'fail' ? (record.code ?? 'unknown') : 'unanswered';
        this.repeated.set(send.lastCode, (this.repeated.get(send.lastCode) ?? 0) + 1);
      }
    } else if (record.type === 'recv' && record.id !== undefined) this.#arrived(record.id, record);
    else if (record.type === 'resume') for (const { id } of record.items) this.#arrived(id, record);
  }

  /** A sender who sees his own message in its channel waits for no answer any more. */
  #arrived(id: string, { proc, tMono }: HistoryRecord): void {
    const send = this.#sends.get(id);
    if (send?.proc === proc) send.acknowledgedAtMs ??= tMono;
  }

  /** Messages that were tried at least once. */
  get sent(): number {
    return this.#sends.size;
  }

  /** Messages that never were acknowledged, with the last answer that each got. */
  refused(): string[] {
    return [...this.#sends.values()]
      .filter(({ acknowledgedAtMs }) => acknowledgedAtMs === null)
      .map(({ lastCode }) => lastCode ?? 'unanswered');
  }

  /** Waits of the messages that were written in a stretch of time, in milliseconds, in order. */
  waits(fromMs: number, toMs: number): number[] {
    return [...this.#sends.values()]
      .flatMap(({ firstAtMs, acknowledgedAtMs }) =>
        acknowledgedAtMs === null || firstAtMs < fromMs || firstAtMs >= toMs ? [] : [acknowledgedAtMs - firstAtMs],
      )
      .sort((a, b) => a - b);
  }
}
