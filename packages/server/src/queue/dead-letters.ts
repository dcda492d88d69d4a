import type { RedisLink } from '../storage/redis.ts';
import { parseEntry } from './parse-entry.ts';
import type { SendEntry } from './send-entry.ts';

/** More than an operator can look at; the oldest go first. */
const MAX_DEAD_LETTERS = 1_000;

/** An entry that was set aside. */
export interface DeadLetter {
  readonly id: string;
  /** Epoch milliseconds at which it was set aside. */
  readonly at: number;
  /** Why: what the database said, without anything that a user wrote. */
  readonly reason: string;
  /** Null: it cannot be read, so it can only be dropped. */
  readonly entry: SendEntry | null;
}

/** Entries that the database refuses, or that nobody can read: kept in Redis until an operator decides. */
export class DeadLetters {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async add(text: string, reason: string): Promise<void> {
    const TRIM = { strategy: 'MAXLEN', strategyModifier: '~', threshold: MAX_DEAD_LETTERS } as const;
    await this.#link.client.xAdd(this.#key, '*', { e: text, why: reason }, { TRIM });
  }

  async list(): Promise<DeadLetter[]> {
    return this.#read('-', '+');
  }

  async find(id: string): Promise<DeadLetter | undefined> {
    const [letter] = await this.#read(id, id);
    return letter;
  }

  /** False: there is none with this id. */
  async drop(id: string): Promise<boolean> {
    return (await this.#link.client.xDel(this.#key, id)) === 1;
  }

  async #read(from: string, to: string): Promise<DeadLetter[]> {
    const found = await this.#link.client.xRange(this.#key, from, to);
    return (found ?? []).map(({ id, message }) => ({
      id,
      at: Number(id.split('-')[0]),
      reason: message.why ?? 'unreadable',
      entry: parseEntry(message.e),
    }));
  }

  get #key(): string {
    return `${this.#link.prefix}queue:dead`;
  }
}
