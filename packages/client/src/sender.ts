import type { ChannelId, MessageId, MessageView, Sent, UserId } from '@parley/protocol';
import { ParleyError, toParleyError } from './errors.ts';
import type { OutgoingEvent } from './events.ts';
import { retryDelayMs } from './reconnect.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import { type OutgoingMessage, type QueuedMessage, SendQueue } from './send-queue.ts';
import type { ClientStorage } from './storage.ts';

/** A send without an answer for this long is sent again: the id makes the second one harmless. */
const ANSWER_TIMEOUT_MS = 30_000;
/** A server that answers a send with a fault of its own this often will not take it. */
const MAX_FAULTS = 10;
/** A storage that says nothing for this long must not keep what is written now from being sent. */
const RESTORE_TIMEOUT_MS = 10_000;
const KEY_PREFIX = 'outbox/';

export interface SendOptions {
  /** The `seq` of the message of the same channel that this one quotes. */
  readonly replyTo?: number | undefined;
  /** Ids of uploaded attachments. */
  readonly attachments?: string[] | undefined;
}

/** A message on its way: a promise of its place in the channel, which may be left unawaited. It is in the channel's messages from the start. */
export interface PendingSend extends Promise<Sent> {
  readonly id: MessageId;
  /** Tries again after a failure, with the same id; the last in line. */
  retry(): PendingSend;
  /** Takes it back. Of one that is on the wire already it is not known whether it was sent. */
  discard(): void;
}

export interface SenderPorts {
  readonly call: Call;
  readonly storage: ClientStorage;
  readonly maxQueued: number;
  readonly window: number;
  userId(): UserId | null;
  onOutgoing(event: OutgoingEvent): void;
  /** It is committed. */
  onSent(message: OutgoingMessage, sent: Sent): void;
  onWarning(error: ParleyError): void;
}

interface Waiter {
  readonly resolve: (sent: Sent) => void;
  readonly reject: (error: ParleyError) => void;
}

/**
 * Sends messages, each exactly once and each channel's in order: the id is made here, before the first try, and repeated with the
 * message until there is an answer, through lost sockets and restarts.
 */
export class Sender {
  readonly #runtime: Runtime;
  readonly #ports: SenderPorts;
  readonly #queue: SendQueue;
  readonly #waiters = new Map<MessageId, Waiter[]>();
  /** What another tab may have taken back since it was read from the storage they share. */
  readonly #restored = new Set<MessageId>();
  #isOnline = false;
  #isRestored = false;
  #isClosed = false;
  #lastOrder = 0;
  #cancelTimer: (() => void) | null = null;
  #drainWaiters: { readonly resolve: () => void; readonly reject: (error: ParleyError) => void }[] = [];

  constructor(runtime: Runtime, ports: SenderPorts) {
    this.#runtime = runtime;
    this.#ports = ports;
    this.#queue = new SendQueue(ports.window);
  }

  /** Takes up what an earlier run of the application left unsent. */
  async restore(): Promise<void> {
    try {
      const stored = await this.#inTime(this.#ports.storage.entries(KEY_PREFIX));
      const messages = stored.map(([, value]) => JSON.parse(value) as OutgoingMessage);
      for (const message of messages) {
        this.#lastOrder = Math.max(this.#lastOrder, message.order);
        this.#queue.add(message);
        this.#restored.add(message.id);
      }
      for (const { id } of messages) this.#tell(id);
    } catch (cause) {
      this.#ports.onWarning(toParleyError(cause, 'read the outbox'));
    }
    this.#isRestored = true;
    this.#flush();
  }

  send(channelId: ChannelId, body: string, options: SendOptions = {}): PendingSend {
    const id = this.#runtime.makeId() as MessageId;
    const message: OutgoingMessage = {
      ...options,
      id,
      channelId,
      body,
      createdAt: this.#runtime.now(),
      order: this.#nextOrder(),
      senderId: this.#ports.userId(),
    };
    if (this.#isClosed) return this.#refused(id, 'closed', 'the client is closed');
    if (this.#queue.size >= this.#ports.maxQueued) return this.#refused(id, 'outbox_full', 'too many messages wait');
    this.#queue.add(message);
    this.#store(message);
    const pending = this.#pending(id);
    this.#tell(id);
    this.#flush();
    return pending;
  }

  inChannel(channelId: ChannelId): readonly QueuedMessage[] {
    return this.#queue.inChannel(channelId);
  }

  /**
   * The user's own message has come from the server: it is sent, whether its answer was lost, is still on its way, or said that it
   * had failed. Also one that another tab sent out of the same outbox.
   */
  arrived({ id, channelId, seq, rev, createdAt, senderId }: MessageView): void {
    const message = this.#queue.get(id)?.message;
    if (message !== undefined && (message.senderId ?? this.#ports.userId()) === senderId)
      this.#succeed(message, { channelId, id, seq, rev, createdAt });
  }

  retry(id: MessageId): PendingSend {
    if (this.#isClosed) return this.#refused(id, 'closed', 'the client is closed');
    const message = this.#queue.retry(id, this.#nextOrder());
    const pending = this.#pending(id);
    if (message === undefined) {
      if (this.#queue.get(id) === undefined)
        this.#settle(id, new ParleyError('discarded', 'unable to retry; it is not in the outbox'));
      return pending;
    }
    this.#store(message);
    this.#tell(id);
    this.#flush();
    return pending;
  }

  discard(id: MessageId): void {
    const entry = this.#queue.get(id);
    if (entry === undefined) return;
    this.#restored.delete(id);
    this.#queue.remove(id);
    this.#unstore(id);
    const error = new ParleyError('discarded', 'unable to send; the message was taken back');
    this.#settle(id, error);
    this.#ports.onOutgoing({ message: entry.message, status: 'discarded', seq: null, error: null });
    this.#flush();
  }

  /** Resolves when nothing waits to be sent; what was refused for good does not count. Rejects with `closed` when that ends it before. */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve();
    const drained = new Promise<void>((resolve, reject) => {
      if (this.#isClosed) reject(new ParleyError('closed', 'unable to send; the client is closed'));
      else this.#drainWaiters.push({ resolve, reject });
    });
    // Whoever closes a client need not have waited for it.
    drained.catch(() => {});
    return drained;
  }

  get #isDrained(): boolean {
    if (!this.#isRestored) return false;
    for (const channelId of this.#queue.channels()) {
      if (this.#queue.inChannel(channelId).some(({ status }) => status !== 'failed')) return false;
    }
    return true;
  }

  online(): void {
    this.#isOnline = true;
    this.#flush();
  }

  lost(): void {
    this.#isOnline = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const id of this.#queue.interrupt()) this.#tell(id);
  }

  close(): void {
    this.#isClosed = true;
    this.lost();
    const error = new ParleyError('closed', 'unable to send; the client was closed');
    for (const id of this.#waiters.keys()) this.#settle(id, error);
    for (const { reject } of this.#drainWaiters.splice(0)) reject(error);
  }

  #flush(): void {
    if (this.#drainWaiters.length > 0 && this.#isDrained) {
      for (const { resolve } of this.#drainWaiters.splice(0)) resolve();
    }
    if (!this.#isOnline || !this.#isRestored || this.#isClosed) return;
    for (const message of this.#queue.take(this.#runtime.monotonic())) {
      this.#tell(message.id);
      void this.#transmit(message);
    }
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const nowMs = this.#runtime.monotonic();
    const dueMs = this.#queue.nextDueMs(nowMs);
    if (dueMs !== null) this.#cancelTimer = this.#runtime.setTimer(() => this.#flush(), dueMs - nowMs);
  }

  async #transmit(message: OutgoingMessage): Promise<void> {
    const { senderId, createdAt: _createdAt, order: _order, ...input } = message;
    const { id } = input;
    if (this.#restored.has(id) && (await this.#isTakenBack(id))) return this.discard(id);
    if (senderId !== null && senderId !== this.#ports.userId()) {
      return this.#fail(id, new ParleyError('forbidden', 'unable to send; another user wrote this message here'));
    }
    try {
      const sent = await this.#ports.call('message.send', input, { timeoutMs: ANSWER_TIMEOUT_MS });
      // Otherwise it has arrived before its answer, or was taken back.
      if (this.#queue.get(id) !== undefined) this.#succeed(message, sent);
    } catch (cause) {
      this.#refuse(id, toParleyError(cause, 'send'));
    }
  }

  /** True when another tab has discarded it, or sent it. */
  async #isTakenBack(id: MessageId): Promise<boolean> {
    const stored = this.#ports.storage.get(KEY_PREFIX + id);
    const isGone = await this.#inTime(stored).then(
      (value) => value === undefined,
      () => false,
    );
    return isGone && this.#queue.get(id) !== undefined;
  }

  #inTime<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const cancel = this.#runtime.setTimer(() => reject(new Error('no answer in time')), RESTORE_TIMEOUT_MS);
      work.then(resolve, reject).finally(cancel);
    });
  }

  #succeed(message: OutgoingMessage, sent: Sent): void {
    this.#restored.delete(message.id);
    this.#queue.remove(message.id);
    this.#unstore(message.id);
    this.#ports.onSent(message, sent);
    this.#ports.onOutgoing({ message, status: 'sent', seq: sent.seq, error: null });
    for (const { resolve } of this.#takeWaiters(message.id)) resolve(sent);
    this.#flush();
  }

  #refuse(id: MessageId, error: ParleyError): void {
    const entry = this.#queue.get(id);
    // Lost on the way: the next connection sends it again.
    if (entry?.status !== 'sending' || error.code === 'disconnected' || error.code === 'closed') return;
    const isFaultForGood = error.code === 'internal' && entry.postponed >= MAX_FAULTS;
    if (!error.retryable || isFaultForGood) return this.#fail(id, error);
    const waitMs = retryDelayMs(entry.postponed, this.#runtime, error.retryAfterMs ?? 0);
    this.#queue.postpone(id, this.#runtime.monotonic() + waitMs);
    this.#tell(id);
    this.#flush();
  }

  #fail(id: MessageId, error: ParleyError): void {
    this.#queue.fail(id, error);
    this.#tell(id);
    this.#settle(id, error);
    this.#flush();
  }

  #settle(id: MessageId, error: ParleyError): void {
    for (const { reject } of this.#takeWaiters(id)) reject(error);
  }

  #takeWaiters(id: MessageId): readonly Waiter[] {
    const waiters = this.#waiters.get(id) ?? [];
    this.#waiters.delete(id);
    return waiters;
  }

  #tell(id: MessageId): void {
    const entry = this.#queue.get(id);
    if (entry === undefined) return;
    this.#ports.onOutgoing({ message: entry.message, status: entry.status, seq: null, error: entry.error });
  }

  #nextOrder(): number {
    this.#lastOrder = Math.max(this.#lastOrder + 1, this.#runtime.now());
    return this.#lastOrder;
  }

  #pending(id: MessageId): PendingSend {
    const promise = new Promise<Sent>((resolve, reject) => {
      const others = this.#waiters.get(id) ?? [];
      this.#waiters.set(id, [...others, { resolve, reject }]);
    });
    return this.#withHandles(id, promise);
  }

  #refused(id: MessageId, code: ParleyError['code'], reason: string): PendingSend {
    return this.#withHandles(id, Promise.reject(new ParleyError(code, `unable to send; ${reason}`)));
  }

  #withHandles(id: MessageId, promise: Promise<Sent>): PendingSend {
    // Most callers look at the channel's messages and never await: that must not count as an unhandled rejection.
    promise.catch(() => {});
    return Object.assign(promise, { id, retry: () => this.retry(id), discard: () => this.discard(id) });
  }

  #store(message: OutgoingMessage): void {
    this.#ports.storage
      .set(KEY_PREFIX + message.id, JSON.stringify(message))
      .then(() => {
        // Sent while it was being written: then it must not be sent again after a restart.
        if (this.#queue.get(message.id) === undefined) this.#unstore(message.id);
      })
      .catch((cause: unknown) => this.#ports.onWarning(toParleyError(cause, 'write the outbox')));
  }

  #unstore(id: MessageId): void {
    this.#ports.storage
      .delete(KEY_PREFIX + id)
      .catch((cause: unknown) => this.#ports.onWarning(toParleyError(cause, 'write the outbox')));
  }
}
