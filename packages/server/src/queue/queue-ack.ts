import type { Sent } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { SendEntry, SendOutcome } from './send-entry.ts';

/** How an entry ended, told to the node whose sender waits. */
export interface QueueAck {
  readonly key: string;
  readonly sent?: Sent;
  readonly error?: Pick<AppError, 'code' | 'message' | 'retryAfterMs'>;
}

/** The name of an entry among all that wait: an id belongs to whoever sent it, in one channel. */
export function ackKey({ channelId, id, senderId }: SendEntry): string {
  return `${channelId}/${id}/${senderId}`;
}

/** An outcome as it crosses from node to node. */
export function ackOf(entry: SendEntry, outcome: SendOutcome): QueueAck {
  const key = ackKey(entry);
  if (!(outcome instanceof AppError)) return { key, sent: outcome };
  return { key, error: { code: outcome.code, message: outcome.message, retryAfterMs: outcome.retryAfterMs } };
}

/** The outcome that was told, or undefined where it cannot be read. */
export function outcomeOf({ sent, error }: QueueAck): SendOutcome | undefined {
  return sent ?? (error && new AppError(error.code, error.message, { retryAfterMs: error.retryAfterMs }));
}
