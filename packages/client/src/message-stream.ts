import type { ChannelId, HistoryPage, MessageView, UserId } from '@parley/protocol';
import type { ChannelState } from './channel-state.ts';
import { toParleyError } from './errors.ts';
import { PAGE_MESSAGES } from './limits.ts';
import { retryDelayMs } from './reconnect.ts';
import type { Replica } from './replica.ts';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import type { ClientStorage } from './storage.ts';

const KEY_PREFIX = 'cursor/';
/** A slow reader gets the rest from history: no more than this is held for it. */
const MAX_READY = 500;

export interface MessageStreamOptions {
  /** Only this channel or thread; left out, every channel the user is in. */
  readonly channelId?: ChannelId | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Where a channel begins for which the storage holds no cursor: after what the user has read (`unread`, the default: the server
   * keeps it, so a bot is complete with no storage of its own) or with what comes from now on (`now`).
   */
  readonly from?: 'unread' | 'now' | undefined;
  /** Whether the user's own messages are given too; false unless said otherwise, so that a bot does not answer itself. */
  readonly includesOwn?: boolean | undefined;
  /** Whether what the caller has worked through is marked read; true unless said otherwise. */
  readonly marksRead?: boolean | undefined;
}

export interface MessageStreamPorts {
  readonly call: Call;
  readonly storage: ClientStorage;
  userId(): UserId | null;
  /** The history that the server's positions belong to; null before the first connection. */
  epoch(): string | null;
  readonly replica: Pick<Replica, 'all' | 'get'>;
  markRead(channelId: ChannelId, seq: number): void;
}

/** How far one channel has been given out. */
interface Cursor {
  seq: number;
}

/**
 * Every message of others in the chosen channels, each once and each channel's in order, whatever happens to the connection. A message counts
 * as worked through when the next one is asked for; after a restart it goes on behind the last of those.
 */
export class MessageStream implements AsyncIterableIterator<MessageView> {
  readonly #runtime: Runtime;
  readonly #ports: MessageStreamPorts;
  readonly #options: MessageStreamOptions;
  readonly #onEnd: (stream: MessageStream) => void;
  readonly #cursors = new Map<ChannelId, Cursor>();
  readonly #opening = new Set<ChannelId>();
  /** Messages that came live and continue where their channel was given out to. */
  readonly #ready: MessageView[] = [];
  /** Channels with more than what is ready. */
  readonly #behind = new Set<ChannelId>();
  #inHand: MessageView | null = null;
  #wake: (() => void) | null = null;
  #isOver = false;
  /** The last `next` that was asked for. */
  #turn: Promise<unknown> = Promise.resolve();
  #attempt = 0;

  constructor(
    runtime: Runtime,
    ports: MessageStreamPorts,
    options: MessageStreamOptions,
    onEnd: (stream: MessageStream) => void,
  ) {
    this.#runtime = runtime;
    this.#ports = ports;
    this.#options = options;
    this.#onEnd = onEnd;
    if (options.signal?.aborted) this.end();
    else options.signal?.addEventListener('abort', this.end, { once: true });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes a message that came in its channel's order. */
  readonly take = (message: MessageView): void => {
    if (!this.#isWanted(message.channelId)) return;
    const cursor = this.#cursors.get(message.channelId);
    if (cursor === undefined) void this.#open(message.channelId, message.seq - 1);
    else if (this.#isNext(message, cursor)) this.#give(cursor, [message]);
    else if (message.seq > cursor.seq) this.#fallBehind(message.channelId);
  };

  /** The user has come into a channel: what was written since is given out, though no event told of it. */
  readonly joined = ({ id, membership }: ChannelState): void => {
    if (this.#isWanted(id) && membership !== null)
      void this.#open(id, Math.max(membership.joinedSeq, membership.readSeq));
  };

  /** Another history has begun: every channel begins anew where the server says. */
  readonly restarted = (): void => {
    this.#cursors.clear();
    this.#behind.clear();
    this.#ready.length = 0;
    this.#inHand = null;
  };

  /** The client is in step with the server: what came meanwhile is fetched. */
  readonly synced = (): void => {
    for (const { id } of this.#ports.replica.all()) if (this.#isWanted(id)) void this.#open(id, null);
    const chosen = this.#options.channelId;
    if (chosen !== undefined) void this.#open(chosen, null);
  };

  /** One after the other, also when several are asked for at once. */
  next(): Promise<IteratorResult<MessageView, undefined>> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next;
    return next;
  }

  async #next(): Promise<IteratorResult<MessageView, undefined>> {
    this.#finish();
    for (;;) {
      if (this.#isOver) return { done: true, value: undefined };
      const message = this.#ready.shift();
      if (message !== undefined) {
        this.#inHand = message;
        return { done: false, value: message };
      }
      const behind = this.#behind.values().next().value;
      if (behind === undefined) await this.#sleep(null);
      else await this.#fetch(behind);
    }
  }

  return(): Promise<IteratorResult<MessageView, undefined>> {
    // A `break` and an error in the loop look alike here: the message in hand is given out again by the next run.
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the stream; what waits for the next message gets the end. */
  readonly end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal?.removeEventListener('abort', this.end);
    this.#onEnd(this);
    this.#wake?.();
  };

  #isNext({ seq, channelId }: MessageView, cursor: Cursor): boolean {
    return seq === cursor.seq + 1 && !this.#behind.has(channelId) && this.#ready.length < MAX_READY;
  }

  #isWanted(channelId: ChannelId): boolean {
    return this.#options.channelId === undefined || this.#options.channelId === channelId;
  }

  /** Finds out where a channel begins; `fallbackSeq` is for threads that are not followed. */
  async #open(channelId: ChannelId, fallbackSeq: number | null): Promise<void> {
    const known = this.#cursors.get(channelId);
    if (known !== undefined) return this.#compare(channelId, known);
    if (this.#opening.has(channelId)) return;
    this.#opening.add(channelId);
    // Read before the wait: what is sent in the meantime must not be skipped.
    const state = this.#ports.replica.get(channelId);
    const startSeq = this.#options.from === 'now' ? (fallbackSeq ?? state?.seenSeq) : state?.membership?.readSeq;
    const epoch = this.#ports.epoch();
    const stored = await this.#ports.storage.get(KEY_PREFIX + channelId).catch(() => undefined);
    this.#opening.delete(channelId);
    // Another history has begun in the meantime: the next word of this channel opens it.
    if (epoch !== this.#ports.epoch()) return;
    const seq = this.#positionIn(stored) ?? startSeq ?? fallbackSeq;
    if (seq === null) return;
    const cursor = { seq };
    this.#cursors.set(channelId, cursor);
    this.#compare(channelId, cursor);
  }

  /** A position in a history that is no more, such as before an older backup was brought back, says nothing. */
  #positionIn(stored: string | undefined): number | undefined {
    const [seq, epoch] = stored?.split(' ') ?? [];
    return seq === undefined || (epoch !== undefined && epoch !== this.#ports.epoch()) ? undefined : Number(seq);
  }

  #compare(channelId: ChannelId, cursor: Cursor): void {
    const lastSeq = this.#ports.replica.get(channelId)?.view.lastSeq;
    if (lastSeq === undefined || lastSeq > cursor.seq) this.#fallBehind(channelId);
  }

  #fallBehind(channelId: ChannelId): void {
    this.#behind.add(channelId);
    this.#wake?.();
  }

  #give(cursor: Cursor, messages: readonly MessageView[]): void {
    for (const message of messages) {
      if (message.seq <= cursor.seq) continue;
      cursor.seq = message.seq;
      const isOwn = message.senderId === this.#ports.userId();
      // Of a deleted message nothing is left to be worked through.
      if (message.deletedAt === undefined && (!isOwn || this.#options.includesOwn)) this.#ready.push(message);
    }
    this.#wake?.();
  }

  async #fetch(channelId: ChannelId): Promise<void> {
    const cursor = this.#cursors.get(channelId);
    if (cursor === undefined) return void this.#behind.delete(channelId);
    try {
      const input = { channelId, after: cursor.seq, limit: PAGE_MESSAGES };
      this.#takePage(channelId, cursor, await this.#ports.call('message.history', input));
      this.#attempt = 0;
    } catch (cause) {
      const error = toParleyError(cause, 'read history');
      if (error.code === 'closed') this.end();
      else if (!error.retryable) this.#behind.delete(channelId);
      else await this.#sleep(retryDelayMs(this.#attempt++, this.#runtime, error.retryAfterMs ?? 0));
    }
  }

  #takePage(channelId: ChannelId, cursor: Cursor, page: HistoryPage): void {
    const before = cursor.seq;
    this.#give(cursor, page.messages);
    const lastSeq = Math.max(page.lastSeq, this.#ports.replica.get(channelId)?.view.lastSeq ?? 0);
    if (cursor.seq >= lastSeq) this.#behind.delete(channelId);
    else if (cursor.seq === before && !page.hasAfter) {
      // What lies between may not be read, such as what was written before one joined.
      cursor.seq = Math.max(before, page.lastSeq);
      this.#behind.delete(channelId);
    }
  }

  /** The message that was given out last is worked through. */
  #finish(): void {
    const done = this.#inHand;
    this.#inHand = null;
    if (done === null) return;
    if (this.#options.marksRead !== false) this.#ports.markRead(done.channelId, done.seq);
    this.#ports.storage.set(KEY_PREFIX + done.channelId, `${done.seq} ${this.#ports.epoch()}`).catch(() => {});
  }

  #sleep(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === null ? null : this.#runtime.setTimer(() => this.#wake?.(), ms);
      this.#wake = () => {
        this.#wake = null;
        cancel?.();
        resolve();
      };
    });
  }
}
