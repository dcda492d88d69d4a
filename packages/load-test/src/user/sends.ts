import { type ChannelId, ERROR_CODES, type ErrorCode, type MessageId, makeUuid, type Sent } from '@parley/protocol';
import type { AckRecord, RecordBody } from '../checker/history-record.ts';
import { nowMs } from '../clock.ts';
import type { Tally } from '../worker/tally.ts';

/** How long to wait before a repeat when the server does not say. */
const RETRY_MS = 500;
const OP = 'message.send';

/** A message on its way: asked for again, with the same id, until it has an answer that ends it. */
export interface Send {
  readonly id: MessageId;
  readonly channelId: ChannelId;
  readonly body: string;
  readonly dueMs: number;
  /** The attempt that is under way; null while none is. */
  ref: number | null;
}

export interface SendsPorts {
  readonly tally: Tally;
  /** Writes a command; undefined when there is no session. */
  command(op: string, input: object): number | undefined;
  record(body: RecordBody): void;
}

/** All messages of one user that are not yet acknowledged, oldest first. */
export class Sends {
  readonly #ports: SendsPorts;
  readonly #sends = new Set<Send>();
  /** Those with an attempt under way. */
  readonly #asked = new Map<number, Send>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(ports: SendsPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#sends.size;
  }

  /** Sends a message that was due at a moment; without a session, as soon as there is one. */
  add(channelId: ChannelId, body: string, dueMs: number): void {
    const send = { id: makeUuid() as MessageId, channelId, body, dueMs, ref: null };
    this.#sends.add(send);
    this.#ports.tally.counts.sent += 1;
    this.#try(send);
    this.#ports.tally.times.late.record(nowMs() - dueMs);
  }

  /** There is a session again: all that has no answer is sent anew, in its order. */
  repeat(): void {
    for (const send of this.#sends) if (send.ref === null) this.#try(send);
  }

  /** The session is over: nobody knows what became of what was under way. */
  interrupted(): void {
    for (const send of this.#asked.values()) {
      send.ref = null;
      this.#note(send, { outcome: 'info' });
    }
    this.#asked.clear();
  }

  succeeded(ref: number, { seq, rev }: Sent): boolean {
    const send = this.#answered(ref);
    if (send === undefined) return false;
    this.#sends.delete(send);
    this.#note(send, { outcome: 'ok', seq, rev });
    this.#ports.tally.counts.acknowledged += 1;
    this.#ports.tally.times.sent.record(nowMs() - send.dueMs);
    return true;
  }

  failed(ref: number, code: ErrorCode, retryAfterMs: number | undefined): boolean {
    const send = this.#answered(ref);
    if (send === undefined) return false;
    this.#note(send, { outcome: 'fail', code });
    this.#ports.tally.counts.refusals += 1;
    this.#ports.tally.fail(code);
    if (!ERROR_CODES[code].retryable) this.#sends.delete(send);
    else this.#later(send, retryAfterMs ?? RETRY_MS);
    return true;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #try(send: Send): void {
    const { id, channelId, body } = send;
    const ref = this.#ports.command(OP, { channelId, id, body });
    if (ref === undefined) return;
    send.ref = ref;
    this.#asked.set(ref, send);
    this.#ports.record({ type: 'invoke', op: OP, id, channel: channelId });
  }

  #later(send: Send, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (send.ref === null && this.#sends.has(send)) this.#try(send);
    }, waitMs);
    this.#timers.add(timer);
  }

  #answered(ref: number): Send | undefined {
    const send = this.#asked.get(ref);
    this.#asked.delete(ref);
    if (send !== undefined) send.ref = null;
    return send;
  }

  #note({ id, channelId }: Send, answer: Pick<AckRecord, 'outcome' | 'code' | 'seq' | 'rev'>): void {
    this.#ports.record({ type: 'ack', op: OP, id, channel: channelId, ...answer });
  }
}
