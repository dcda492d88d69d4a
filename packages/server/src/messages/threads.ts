import { type ChannelId, makeUuid, type OutputOf, type UserId } from '@parley/protocol';
import { channelView } from '../channels/channel-rows.ts';
import { insertThread, readChannel, readMembership } from '../channels/channel-store.ts';
import { accessOf, demandRoot } from '../channels/granted.ts';
import { notifyJoined } from '../channels/member-event.ts';
import { type Access, demand, demandMembership } from '../channels/permissions.ts';
import { endFollow, insertFollows } from '../channels/thread-store.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { Change, Changes } from '../writer/change.ts';
import { emitMessage, placeOf } from './message-changes.ts';
import { type MessageRow, messageView } from './message-rows.ts';
import { setThread } from './message-store.ts';
import { demandMessage, demandPresent, type MessageTarget } from './message-target.ts';

/** Threads: channels of their own that hang on a message and obey the channel of that message in everything. */
export class Threads {
  readonly #changes: Changes;

  constructor(changes: Changes) {
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
