import { type Action, LIMITS, type MessageEvent, type MessageView } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { accessOf } from '../channels/granted.ts';
import { type Access, decide, demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Change, Changes } from '../writer/change.ts';
import type { MentionResolver } from './mentions.ts';
import { type MessageRow, messageView } from './message-rows.ts';
import {
  clearPin,
  countPins,
  emptyMessage,
  type Place,
  replaceBody,
  replaceMentions,
  setPin,
  touchMessage,
} from './message-store.ts';
import { demandMessage, demandPresent, type MessageTarget } from './message-target.ts';
import { countKinds, deleteReaction, insertReaction } from './reaction-store.ts';

/** Pins of one channel: all of them come in one answer. */
const MAX_PINS = 100;

/** Edits, deletes, reactions and pins: each gives the message the next rev and tells its whole new state. */
export class MessageChanges {
  readonly #changes: Changes;
  readonly #mentions: MentionResolver;

  constructor(changes: Changes, mentions: MentionResolver) {
    this.#changes = changes;
    this.#mentions = mentions;
  }

  /** Replaces the text of one's own message, and with it whom it mentions. */
  edit(target: MessageTarget, body: string): Promise<MessageView> {
    return this.#run(target, 'message.edit_own', async (change, access, row) => {
      demandPresent(row, 'edit');
      if (row.senderId !== target.userId || row.kind === 'system') {
        throw new AppError('forbidden', 'unable to edit the message; it is not the caller’s own');
      }
      if (body === row.body) return row;
      if (body === '' && row.attachments === null) {
        throw new AppError('bad_request', 'unable to edit the message; its text must not be empty');
      }
      const mentions = await this.#mentions.resolveOn(change.tx, access, body);
      const userIds = mentions?.userIds ?? null;
      const place = placeOf(change, row);
      await replaceMentions(change.tx, place, row.mentions ?? [], userIds ?? []);
      const everyone = mentions?.everyone ?? null;
      return emitMessage(change, 'edited', await replaceBody(change.tx, place, { body, mentions: userIds, everyone }));
    });
  }

  /** Deletes one's own message, or anybody's where that is allowed; a second time changes nothing. */
  delete(target: MessageTarget): Promise<MessageView> {
    return this.#run(target, 'channel.read', async (change, access, row) => {
      const isOwn = row.senderId === target.userId;
      const isAllowedAny = !(decide(access, 'message.delete_any') instanceof AppError);
      if (!isAllowedAny) demand(access, isOwn ? 'message.delete_own' : 'message.delete_any');
      if (row.deletedAt !== null) return row;
      const place = placeOf(change, row);
      await replaceMentions(change.tx, place, row.mentions ?? [], []);
      if (!isOwn) await recordDelete(change, target, row);
      return emitMessage(change, 'deleted', await emptyMessage(change.tx, place));
    });
  }

  /** Adds or takes away one's own reaction; where nothing changes no rev is taken. */
  react(target: MessageTarget, emoji: string, on: boolean): Promise<MessageView> {
    return this.#run(target, 'message.react', async (change, _access, row) => {
      demandPresent(row, 'react to');
      const place = { channelId: row.channelId, seq: row.seq, emoji, userId: target.userId };
      const isChanged = on ? await insertReaction(change.tx, place) : await deleteReaction(change.tx, place);
      if (!isChanged) return row;
      if (on && (await countKinds(change.tx, row.channelId, row.seq)) > LIMITS.reactionKinds) {
        throw new AppError('too_large', `unable to react; a message takes ${LIMITS.reactionKinds} different emoji`);
      }
      return emitMessage(change, 'reacted', await touchMessage(change.tx, placeOf(change, row)));
    });
  }

  /** Pins a message or takes its pin away; where nothing changes no rev is taken. */
  pin(target: MessageTarget, on: boolean): Promise<MessageView> {
    return this.#run(target, 'message.pin', async (change, _access, row) => {
      demandPresent(row, 'pin');
      if ((row.pinnedAt !== null) === on) return row;
      if (on && (await countPins(change.tx, row.channelId)) >= MAX_PINS) {
        throw new AppError('too_large', `unable to pin the message; a channel has at most ${MAX_PINS} pins`);
      }
      const place = placeOf(change, row);
      const pinned = on ? await setPin(change.tx, place, target.userId) : await clearPin(change.tx, place);
      return emitMessage(change, 'pinned', pinned);
    });
  }

  /** Decides access under the lock, finds the message, and gives the state that `work` leaves it in. */
  async #run(
    target: MessageTarget,
    action: Action,
    work: (change: Change, access: Access, row: MessageRow) => Promise<MessageRow>,
  ): Promise<MessageView> {
    return await this.#changes.run(target.channelId, async (change) => {
      const access = demand(await accessOf(change.tx, target.userId, target.channelId), action);
      const row = await demandMessage(change.tx, target);
      return messageView(await work(change, access, row));
    });
  }
}

/** That somebody took another's words away is on record; the words are not. */
async function recordDelete(change: Change, target: MessageTarget, row: MessageRow): Promise<void> {
  const { userId: actorId, channelId, messageId, address = null } = target;
  const details = { channelId, senderId: row.senderId };
  await record(change.tx, { actorId, action: 'message.deleted', target: messageId, details, address });
}

/** Takes the next rev for a message. */
export function placeOf(change: Change, row: MessageRow): Place {
  return { channelId: row.channelId, seq: row.seq, rev: change.takeRev() };
}

/** Tells the new state of a message. */
export function emitMessage(change: Change, kind: MessageEvent['change'], row: MessageRow): MessageRow {
  change.emit({
    t: 'message',
    channel: change.channel.id,
    rev: row.rev,
    change: kind,
    message: messageView(row),
  });
  return row;
}
