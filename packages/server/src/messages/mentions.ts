import type { ChannelId, UserId } from '@parley/protocol';
import { type Access, decide } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Database, Queryable } from '../storage/postgres.ts';
import { readMentioned } from './mention-store.ts';
import { type Calls, findCalls } from './mention-text.ts';

/** Remembered members; about 200 bytes each. */
const MAX_REMEMBERED = 20_000;

/** Whom a message calls. */
export interface Mentions {
  readonly userIds: readonly UserId[] | null;
  readonly everyone: 'here' | 'channel' | null;
}

/**
 * Finds out whom a text calls: members of the channel by their user names, and everyone where the author may call everyone.
 * All other names are plain text.
 */
export class MentionResolver {
  readonly #db: Database;
  /**
   * Members by channel, version and name. Whoever leaves raises the channel's `accessRev`, so an entry is true for as long
   * as that is the same; who is not a member is never remembered, for joining changes no version.
   */
  readonly #members = new Map<string, UserId>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Gives the mentions at once where nobody is called or all are known; null when there are none. */
  resolve(access: Access, body: string): Mentions | null | Promise<Mentions | null> {
    const calls = findCalls(body);
    if (calls.names.every((readings) => this.#recall(access, readings) !== undefined)) {
      return this.#mentionsOf(access, calls, (name) => this.#members.get(keyOf(access, name)));
    }
    return this.#lookUp(this.#db, access, calls);
  }

  /** As `resolve`, from what a transaction sees. */
  async resolveOn(on: Queryable, access: Access, body: string): Promise<Mentions | null> {
    return await this.#lookUp(on, access, findCalls(body));
  }

  async #lookUp(on: Queryable, access: Access, calls: Calls): Promise<Mentions | null> {
    const names = [...new Set(calls.names.flat())];
    const found = names.length === 0 ? new Map<string, UserId>() : await readMentioned(on, access.root.id, names);
    for (const [name, userId] of found) this.#remember(keyOf(access, name), userId);
    return this.#mentionsOf(access, calls, (name) => found.get(name));
  }

  #mentionsOf(access: Access, calls: Calls, find: (name: string) => UserId | undefined): Mentions | null {
    const userIds = new Set<UserId>();
    for (const readings of calls.names) {
      const name = readings.find((reading) => find(reading) !== undefined);
      const userId = name === undefined ? undefined : find(name);
      // Nobody has to be told of his own words.
      if (userId !== undefined && userId !== access.userId) userIds.add(userId);
    }
    const mayCallEveryone = calls.everyone !== null && !(decide(access, 'mention.everyone') instanceof AppError);
    const everyone = mayCallEveryone ? calls.everyone : null;
    if (userIds.size === 0 && everyone === null) return null;
    return { userIds: userIds.size === 0 ? null : [...userIds], everyone };
  }

  /** Only the longest reading counts here: a shorter one that is known says nothing about a longer one that is not. */
  #recall(access: Access, readings: readonly string[]): UserId | undefined {
    return this.#members.get(keyOf(access, readings[0] ?? ''));
  }

  #remember(key: string, userId: UserId): void {
    this.#members.delete(key);
    this.#members.set(key, userId);
    if (this.#members.size <= MAX_REMEMBERED) return;
    const oldest = this.#members.keys().next();
    if (!oldest.done) this.#members.delete(oldest.value);
  }
}

function keyOf(access: Access, name: string): `${ChannelId} ${number} ${string}` {
  return `${access.root.id} ${access.root.accessRev} ${name}`;
}
