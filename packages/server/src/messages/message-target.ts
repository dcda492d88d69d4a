import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Queryable } from '../storage/postgres.ts';
import type { MessageRow } from './message-rows.ts';
import { readMessage } from './message-store.ts';

/** Who asks, and about which message. */
export interface MessageTarget {
  readonly userId: UserId;
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
  /** Where the request came from, for the audit log. */
  readonly address?: string | null;
}

/** Reads the message that is meant; throws `not_found` when the channel has none with this id. */
export async function demandMessage(
  on: Queryable,
  target: Pick<MessageTarget, 'channelId' | 'messageId'>,
): Promise<MessageRow> {
  const row = await readMessage(on, target.channelId, target.messageId);
  if (row === null) throw new AppError('not_found', 'unable to find the message; the channel has none with this id');
  return row;
}

/** Throws `deleted` for a message that was deleted. */
export function demandPresent(row: MessageRow, what: string): void {
  if (row.deletedAt !== null) throw new AppError('deleted', `unable to ${what} the message; it was deleted`);
}
