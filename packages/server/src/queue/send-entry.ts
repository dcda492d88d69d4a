import type { AttachmentView, ChannelId, MessageId, Sent, UserId } from '@parley/protocol';
import type { AppError } from '../lib/app-error.ts';

/** A send that was parsed, allowed and rate-limited, on its way to the writer. Plain data: it may cross Redis. */
export interface SendEntry {
  readonly channelId: ChannelId;
  /** The channel whose rev the message takes; the same as `channelId` outside threads. */
  readonly rootId: ChannelId;
  readonly id: MessageId;
  readonly senderId: UserId;
  readonly body: string;
  readonly replyTo: number | null;
  readonly mentions: readonly UserId[] | null;
  readonly everyone: 'here' | 'channel' | null;
  readonly attachments: readonly AttachmentView[] | null;
  /** The channel's `accessRev` under which the send was allowed; the transaction checks that it still holds. */
  readonly accessRev: number;
  /** Epoch milliseconds at which it was accepted; retention counts from here. */
  readonly acceptedAt: number;
}

/** How a send ended: committed, or an error with a code. */
export type SendOutcome = Sent | AppError;

/** Tells the sender; called exactly once for each entry that was accepted. */
export type Settle = (outcome: SendOutcome) => void;
