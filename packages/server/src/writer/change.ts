import type { ChannelId, RevEvent } from '@parley/protocol';
import type { UserNotice } from '../fanout/bus.ts';
import { type ChannelFacts, type CommittedEvent, committed, type Effect } from '../fanout/committed.ts';
import type { Fanout } from '../fanout/fanout.ts';
import { AppError } from '../lib/app-error.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import {
  type Database,
  errorCode,
  isAway,
  isRetryableError,
  type Queryable,
  query,
  type Tx,
} from '../storage/postgres.ts';

const MAX_RETRIES = 5;
/** While the database is away, between two looks at what became of a commit. */
const LOOK_AGAIN_MS = 1_000;

/** A root channel as its row stands under the lock. */
export interface LockedChannel extends ChannelFacts {
  readonly name: string | null;
  readonly topic: string;
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly memberCount: number;
  readonly maxMembers: number | null;
}

/** What a change works with: the transaction, the locked channel, and the revs it takes. */
export interface Change {
  readonly tx: Tx;
  readonly channel: LockedChannel;
  /** The last rev taken so far, and the members so far. */
  readonly lastRev: number;
  readonly memberCount: number;
  /** Takes the channel's next rev. Every rev taken must be emitted as exactly one event. */
  takeRev(): number;
  /** Publishes an event after the commit. */
  emit(event: RevEvent, effect?: Effect): void;
  /** Voids permission decisions made before this change: for leaves, roles, permissions, archiving. Call after `takeRev`. */
  voidAccess(): void;
  /** Members after this change. */
  setMemberCount(count: number): void;
  /** Makes a user's sockets look after the commit, or when it is not known whether it happened. */
  notify(notice: UserNotice): void;
}

class PendingChange implements Change {
  readonly tx: Tx;
  readonly channel: LockedChannel;
  readonly events: CommittedEvent[] = [];
  readonly notices: UserNotice[] = [];
  lastRev: number;
  accessRev: number;
  memberCount: number;

  constructor(tx: Tx, channel: LockedChannel) {
    this.tx = tx;
    this.channel = channel;
    this.lastRev = channel.lastRev;
    this.accessRev = channel.accessRev;
    this.memberCount = channel.memberCount;
  }

  takeRev(): number {
    this.lastRev += 1;
    return this.lastRev;
  }

  emit(event: RevEvent, effect?: Effect): void {
    this.events.push(committed(event, effect));
  }

  voidAccess(): void {
    this.accessRev = this.lastRev;
  }

  setMemberCount(count: number): void {
    this.memberCount = count;
  }

  notify(notice: UserNotice): void {
    this.notices.push(notice);
  }

  async save(): Promise<void> {
    if (this.lastRev !== this.channel.lastRev + this.events.length) throw new Error('a rev was taken and not emitted');
    if (this.events.length === 0) return;
    await query(this.tx, 'UPDATE channels SET last_rev = $2, access_rev = $3, member_count = $4 WHERE id = $1', [
      this.channel.id,
      this.lastRev,
      this.accessRev,
      this.memberCount,
    ]);
  }
}

const LOCK = `
SELECT id, kind, root_id AS "rootId", archived_at IS NOT NULL AS archived, permissions, access_rev AS "accessRev", name, topic,
       last_seq AS "lastSeq", last_rev AS "lastRev", member_count AS "memberCount", max_members AS "maxMembers"
  FROM channels WHERE id = (SELECT root_id FROM channels WHERE id = $1) FOR NO KEY UPDATE`;

/** Resolves when no change of the root channel that had its lock is under way any more. */
export async function untilDecided(on: Queryable, rootId: ChannelId): Promise<void> {
  await query(on, 'SELECT FROM channels WHERE id = $1 FOR SHARE', [rootId]);
}

/**
 * Runs everything that changes a root channel besides sending: one transaction under the channel's row lock, whose changes
 * take the next revs and are published after the commit. Decide access inside, from what the lock has made current.
 */
export class Changes {
  readonly #db: Database;
  readonly #fanout: Fanout;
  readonly #clock: Clock;

  constructor(db: Database, fanout: Fanout, clock: Clock = systemClock) {
    this.#db = db;
    this.#fanout = fanout;
    this.#clock = clock;
  }

  /**
   * Runs `work` under the lock of the channel, which for a thread is that of its root, and returns its result once all of
   * it is committed and handed to the bus.
   */
  async run<Result>(channelId: ChannelId, work: (change: Change) => Promise<Result>): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(channelId, work);
      } catch (error) {
        if (!isRetryableError(error) || attempt >= MAX_RETRIES) throw error;
      }
    }
  }

  async #once<Result>(channelId: ChannelId, work: (change: Change) => Promise<Result>): Promise<Result> {
    const saved: PendingChange[] = [];
    try {
      const result = await this.#db.transaction().execute(async (tx) => {
        const rows = await query<LockedChannel>(tx, LOCK, [channelId]);
        const channel = rows[0];
        if (channel === undefined)
          throw new AppError('not_found', 'unable to find the channel; there is none with this id');
        const change = new PendingChange(tx, channel);
        const workResult = await work(change);
        await change.save();
        saved.push(change);
        return workResult;
      });
      for (const change of saved) this.#fanout.committed(change.channel.id, change.events);
      this.#notify(saved);
      return result;
    } catch (error) {
      // The commit may have happened with its answer lost. Its events show as missing revs; of its notices nothing would,
      // and they only make their readers look.
      if (!isRetryableError(error)) for (const change of saved) void this.#notifyWhenDecided(change);
      throw error;
    }
  }

  /** A commit whose answer was lost may still be under way: whoever looked now would find nothing. Its lock tells when it has ended. */
  async #notifyWhenDecided(change: PendingChange): Promise<void> {
    for (;;) {
      try {
        await untilDecided(this.#db, change.channel.id);
        return this.#notify([change]);
      } catch (error) {
        // Otherwise this node has closed its connections.
        if (!isAway(error) && errorCode(error) === undefined) return;
        await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, LOOK_AGAIN_MS));
      }
    }
  }

  #notify(changes: readonly PendingChange[]): void {
    for (const { notices } of changes) for (const notice of notices) this.#fanout.user(notice);
  }
}
