import { type ChannelId, makeUuid, type OutputOf, type UserId } from '@parley/protocol';
import { channelView } from '../channels/channel-rows.ts';
import { insertThread, readChannel, readMembership } from '../channels/channel-store.ts';
import { accessOf, demandRoot } from '../channels/granted.ts';
import { notifyJoined } from '../channels/member-event.ts';
import { type Access, demand, demandMembership } from '../channels/permissions.ts';
import { endFollow, insertFollows, readStrangers } from '../channels/thread-store.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { Database } from '../storage/postgres.ts';
import type { Change, Changes } from '../writer/change.ts';
import { emitMessage, placeOf } from './message-changes.ts';
import { type MessageRow, messageView } from './message-rows.ts';
import { setThread } from './message-store.ts';
import { demandMessage, demandPresent, type MessageTarget } from './message-target.ts';

/** A committed message, as far as it decides who follows its thread. */
export interface Reply {
  readonly channelId: ChannelId;
  readonly rootId: ChannelId;
  readonly senderId: UserId;
  readonly mentions: readonly UserId[] | null;
  readonly seq: number;
}

/** Threads: channels of their own that hang on a message and obey the channel of that message in everything. */
export class Threads {
  readonly #db: Database;
  readonly #changes: Changes;

  constructor(db: Database, changes: Changes) {
    this.#db = db;
    this.#changes = changes;
  }

  /** Gives the thread of a message, making it if there is none, and lets the caller follow it. */
  open(target: MessageTarget): Promise<OutputOf<'thread.open'>> {
    return this.#changes.run(target.channelId, async (change) => {
      const access = demand(await accessOf(change.tx, target.userId, target.channelId), 'message.history');
      demandRoot(access, 'open the thread');
      demandMembership(access, 'open the thread');
      const row = await demandMessage(change.tx, target);
      const root = row.threadId === null ? await hangThread(change, access, row) : row;
      const threadId = present(root.threadId, 'thread');
      await follow(change, threadId, [target.userId], null);
      const channel = channelView(await readChannel(change.tx, threadId));
      const membership = present(await readMembership(change.tx, target.userId, threadId), 'follow');
      return { channel: { ...channel, rev: change.lastRev }, membership, root: messageView(root) };
    });
  }

  /** Follows a thread, or stops; it changes nothing that others see, so it takes no rev. */
  follow(userId: UserId, threadId: ChannelId, on: boolean): Promise<void> {
    return this.#changes.run(threadId, async (change) => {
      const access = await accessOf(change.tx, userId, threadId);
      demandMembership(access, 'follow the thread');
      if (access.channel.kind !== 'thread') {
        throw new AppError('bad_request', 'unable to follow the thread; this is a channel, join or leave it');
      }
      if (on) await follow(change, threadId, [userId], null);
      else await endFollow(change.tx, threadId, userId, change.lastRev);
    });
  }

  /**
   * Lets those whom committed replies concern follow the threads: the authors, from their own first reply, and those who
   * are mentioned, from just before the first that calls them. Does nothing for messages outside threads, nor for who
   * follows already or is not in the channel.
   */
  async followReplies(replies: readonly Reply[]): Promise<void> {
    const concerned = new Map<ChannelId, Map<UserId, number>>();
    for (const { channelId, rootId, senderId, mentions, seq } of replies) {
      if (channelId === rootId) continue;
      const users = concerned.get(channelId) ?? new Map<UserId, number>();
      concerned.set(channelId, users);
      // One's own words are read; those that call somebody are not.
      if (!users.has(senderId)) users.set(senderId, seq);
      for (const userId of mentions ?? []) if (!users.has(userId)) users.set(userId, seq - 1);
    }
    for (const [threadId, users] of concerned) await this.#letFollow(threadId, users);
  }

  async #letFollow(threadId: ChannelId, users: ReadonlyMap<UserId, number>): Promise<void> {
    const strangers = await readStrangers(this.#db, threadId, [...users.keys()]);
    if (strangers.length === 0) return;
    await this.#changes.run(threadId, async (change) => {
      for (const userId of strangers) await follow(change, threadId, [userId], users.get(userId) ?? null);
    });
  }
}

/** Makes the thread of a message; the message's author follows it from its first reply. */
async function hangThread(change: Change, access: Access, row: MessageRow): Promise<MessageRow> {
  demand(access, 'thread.reply');
  demandPresent(row, 'open the thread of');
  const id = makeUuid() as ChannelId;
  await insertThread(change.tx, { id, rootId: row.channelId, rootSeq: row.seq, createdBy: access.userId });
  const hung = emitMessage(change, 'threaded', await setThread(change.tx, placeOf(change, row), id));
  if (row.senderId !== access.userId) await follow(change, id, [row.senderId], 0);
  return hung;
}

async function follow(
  change: Change,
  threadId: ChannelId,
  userIds: readonly UserId[],
  readSeq: number | null,
): Promise<void> {
  const rev = change.lastRev;
  const followers = await insertFollows(change.tx, { threadId, userIds, readSeq, rev });
  notifyJoined(change, threadId, followers);
}
