import type { MessageView } from '@parley/protocol';
import type { RedisLink } from '../storage/redis.ts';
import type { RecentState } from './recent-window.ts';

/** The database answers within this too; who waits longer for a cache loses by it. */
const ANSWER_TIMEOUT_MS = 250;
/** After a failure Redis is left alone for this long, so that not every reader waits. */
const AWAY_MS = 1_000;

/** Windows of recent changes in Redis, for nodes that do not have them yet: one string per root channel. */
export class RedisWindowStore {
  readonly #link: RedisLink;
  readonly #expiryMs: number;
  #awayUntilMs = 0;

  /** What is not written anew for `expiryMs` goes. */
  constructor(link: RedisLink, expiryMs: number) {
    this.#link = link;
    this.#expiryMs = expiryMs;
  }

  /** Null when there is none, or Redis does not answer. */
  async get(channelId: string): Promise<RecentState | null> {
    if (this.#isAway) return null;
    try {
      const text = await this.#link.answer(this.#link.client.get(this.#keyOf(channelId)), ANSWER_TIMEOUT_MS);
      return text === null ? null : parseState(text);
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** Writes without waiting: what is lost is read from the database. */
  put(channelId: string, state: RecentState): void {
    if (this.#isAway) return;
    const expiration = { type: 'PX', value: this.#expiryMs } as const;
    this.#link.client
      .set(this.#keyOf(channelId), JSON.stringify(state), { expiration })
      .catch((error: unknown) => this.#fail(error));
  }

  /** Takes a window away: something in it is not to be kept. */
  drop(channelId: string): void {
    if (!this.#isAway) this.#link.client.del(this.#keyOf(channelId)).catch((error: unknown) => this.#fail(error));
  }

  get #isAway(): boolean {
    return !this.#link.isReady || this.#link.clock.monotonic() < this.#awayUntilMs;
  }

  #fail(error: unknown): void {
    this.#awayUntilMs = this.#link.clock.monotonic() + AWAY_MS;
    this.#link.reportError(error);
  }

  #keyOf(channelId: string): string {
    return `${this.#link.prefix}recent:${channelId}`;
  }
}

/** What is not ours, or of another version, is as good as nothing. */
function parseState(text: string): RecentState | null {
  try {
    const state = JSON.parse(text) as Partial<RecentState> | null;
    if (!Number.isSafeInteger(state?.floor) || !Number.isSafeInteger(state?.top)) return null;
    const { messages, memberRevs } = state as RecentState;
    const isWhole = Array.isArray(messages) && messages.every(isMessage) && Array.isArray(memberRevs);
    return isWhole ? (state as RecentState) : null;
  } catch {
    return null;
  }
}

function isMessage(one: unknown): one is MessageView {
  const message = one as Partial<MessageView> | null;
  return typeof message?.id === 'string' && typeof message.body === 'string' && Number.isSafeInteger(message.rev);
}
