import type { Action } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { SendDecision } from '../writer/exact.ts';
import { decide } from './permissions.ts';

/** The access rule for a send and for all that it carries, from facts read under the channel's lock. */
export const decideSend: SendDecision = (root, entry, member) => {
  const actions: Action[] = [entry.channelId === entry.rootId ? 'message.send' : 'thread.reply'];
  if (entry.attachments !== null) actions.push('message.attach');
  if (entry.everyone !== null) actions.push('mention.everyone');
  const access = {
    userId: entry.senderId,
    serverRole: member?.serverRole ?? 'guest',
    channel: root,
    root,
    role: member?.role ?? null,
    isBanned: false,
  } as const;
  for (const action of actions) {
    const decision = decide(access, action);
    if (decision instanceof AppError) return decision;
  }
  return null;
};
