import type { ParkedSend, UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import type { RedisLink } from '../storage/redis.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import { StreamShards, shardOf } from './stream-shards.ts';

/** Nobody waits for what is sent from here; nodes that write it find nobody to tell. */
const OPERATOR = 'operator';

/** Redis answers at once or not at all; a person waits for this. */
const ANSWER_TIMEOUT_MS = 2_000;
const AWAY_RETRY_MS = 1_000;

/** Who orders it: an operator, or whoever is at the command line. */
export interface QueueOrderer {
  readonly userId: UserId | null;
  readonly address: string | null;
}

interface ParkedSendsPorts {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  /** Without Redis nothing that was set aside is kept. */
  readonly link: RedisLink | undefined;
}

/** What operators do with sends that were set aside. Whether somebody is one is decided before. */
export class ParkedSends {
  readonly #ports: ParkedSendsPorts;
  readonly #letters: DeadLetters | null;

  constructor(ports: ParkedSendsPorts) {
    this.#ports = ports;
    this.#letters = ports.link === undefined ? null : new DeadLetters(ports.link);
  }

  get isKept(): boolean {
    return this.#letters !== null;
  }

  /** All of them, oldest first. */
  async list(): Promise<DeadLetter[]> {
    return this.#letters === null ? [] : this.#ask(this.#letters.list());
  }

  /** The same without what they say; null while Redis is away. */
  async views(): Promise<ParkedSend[] | null> {
    const letters = await this.list().catch(() => null);
    if (letters === null) return null;
    return letters.map(({ id, at, reason, entry }) => ({
      id,
      at,
      reason,
      isReadable: entry !== null,
      channelId: entry?.channelId ?? null,
      senderId: entry?.senderId ?? null,
      messageId: entry?.id ?? null,
    }));
  }

  /**
   * Puts one into the queue again. In the queue first, and out of here after: between the two it is in both, which the
   * message's id makes harmless.
   */
  async retry(by: QueueOrderer, id: string): Promise<void> {
    const { link, clock } = this.#ports;
    const { entry } = await this.#find(id);
    if (entry === null || link === undefined) {
      throw new AppError('bad_request', 'unable to repeat it; it cannot be read, only dropped');
    }
    await this.#recorded(by, 'queue.retried', id, entry, async (letters) => {
      await new StreamShards(link, OPERATOR).append(shardOf(entry.rootId), [{ ...entry, acceptedAt: clock.now() }]);
      await letters.drop(id);
    });
  }

  /** Throws one away. */
  async drop(by: QueueOrderer, id: string): Promise<void> {
    const { entry } = await this.#find(id);
    await this.#recorded(by, 'queue.dropped', id, entry, async (letters) => {
      await letters.drop(id);
    });
  }

  async #find(id: string): Promise<DeadLetter> {
    const letter = this.#letters === null ? undefined : await this.#ask(this.#letters.find(id));
    if (letter === undefined)
      throw new AppError('not_found', 'unable to find it; nothing that was set aside has this id');
    return letter;
  }

  /** What Redis refuses to do is not on record; the record that the database refuses leaves Redis alone. */
  async #recorded(
    by: QueueOrderer,
    action: string,
    target: string,
    entry: DeadLetter['entry'],
    work: (letters: DeadLetters) => Promise<void>,
  ): Promise<void> {
    const letters = this.#letters;
    if (letters === null) return;
    const details = entry === null ? {} : { message: entry.id, channel: entry.channelId, sender: entry.senderId };
    await this.#ports.db.transaction().execute(async (tx) => {
      await record(tx, { actorId: by.userId, action, target, details, address: by.address });
      await this.#ask(work(letters));
    });
  }

  /** What Redis answers; `unavailable` when it does not. */
  async #ask<Value>(command: Promise<Value>): Promise<Value> {
    try {
      return await (this.#ports.link?.answer(command, ANSWER_TIMEOUT_MS) ?? command);
    } catch (cause) {
      throw new AppError('unavailable', 'unable to ask for what was set aside; Redis is away', {
        retryAfterMs: AWAY_RETRY_MS,
        cause,
      });
    }
  }
}
