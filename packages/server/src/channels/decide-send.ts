import { AppError } from '../lib/app-error.ts';
import type { SendDecision } from '../writer/exact.ts';
import { decide } from './permissions.ts';

/** The access rule for a send, from facts read under the channel's lock. */
export const decideSend: SendDecision = (root, entry, member) => {
  const action = entry.channelId === entry.rootId ? 'message.send' : 'thread.reply';
  const access = {
    userId: entry.senderId,
    serverRole: member?.serverRole ?? 'guest',
    channel: root,
    root,
    role: member?.role ?? null,
  } as const;
  const decision = decide(access, action);
  return decision instanceof AppError ? decision : null;
};
