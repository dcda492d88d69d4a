import type { ChannelId, UserId } from '@parley/protocol';
import type { Call } from './request.ts';
import type { Runtime } from './runtime.ts';
import { Timers } from './timers.ts';

/** A typing sign is believed this long: whoever goes on typing says so again before. */
const BELIEVED_MS = 6_000;
/** While the user goes on typing, the server is told this often. */
const REPEAT_MS = 3_000;

/** Who types where. Each sign ends by itself, so a lost "stopped" leaves nobody typing for ever. */
export class Typists {
  readonly #onChange: (channelId: ChannelId, userId: UserId, isTyping: boolean) => void;
  readonly #byChannel = new Map<ChannelId, Set<UserId>>();
  readonly #ends: Timers<string>;

  constructor(runtime: Runtime, onChange: (channelId: ChannelId, userId: UserId, isTyping: boolean) => void) {
    this.#ends = new Timers(runtime);
    this.#onChange = onChange;
  }

  in(channelId: ChannelId): readonly UserId[] {
    return [...(this.#byChannel.get(channelId) ?? [])];
  }

  set(channelId: ChannelId, userId: UserId, isTyping: boolean): void {
    if (!isTyping) return this.#end(channelId, userId);
    let typists = this.#byChannel.get(channelId);
    if (typists === undefined) {
      typists = new Set();
      this.#byChannel.set(channelId, typists);
    }
    this.#ends.set(channelId + userId, BELIEVED_MS, () => this.#end(channelId, userId));
    if (typists.has(userId)) return;
    typists.add(userId);
    this.#onChange(channelId, userId, true);
  }

  /** Ends all signs: without a connection nothing is known of them. */
  clear(): void {
    for (const [channelId, typists] of this.#byChannel) {
      for (const userId of typists) this.#end(channelId, userId);
    }
  }

  #end(channelId: ChannelId, userId: UserId): void {
    this.#ends.cancel(channelId + userId);
    if (this.#byChannel.get(channelId)?.delete(userId)) this.#onChange(channelId, userId, false);
  }
}

/** Tells the server that the user types, not more often than is of use. */
export class TypingReporter {
  readonly #runtime: Runtime;
  readonly #call: Call;
  /** By channel, when the server was last told. */
  readonly #toldAt = new Map<ChannelId, number>();

  constructor(runtime: Runtime, call: Call) {
    this.#runtime = runtime;
    this.#call = call;
  }

  set(channelId: ChannelId, isTyping: boolean): void {
    const toldAt = this.#toldAt.get(channelId);
    const sinceMs = toldAt === undefined ? Number.POSITIVE_INFINITY : this.#runtime.monotonic() - toldAt;
    if (isTyping ? sinceMs < REPEAT_MS : sinceMs > BELIEVED_MS) return;
    if (isTyping) this.#toldAt.set(channelId, this.#runtime.monotonic());
    else this.#toldAt.delete(channelId);
    // Old news is no news: a sign that cannot go out now is dropped.
    this.#call('typing.set', { channelId, on: isTyping }, { timeoutMs: REPEAT_MS }).catch(() => {});
  }

  /** A sent message ends the typing for everybody who sees it; nothing needs to be told. */
  sent(channelId: ChannelId): void {
    this.#toldAt.delete(channelId);
  }
}
