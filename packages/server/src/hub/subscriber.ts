import type { ChannelId, CloseReason, UserId } from '@parley/protocol';
import type { Frame } from '../outbox/frame.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** A socket as the hub sees it. */
export interface Subscriber {
  readonly userId: UserId;
  /** The session, key or token behind it: what a revocation names. */
  readonly credentialId: string;
  readonly outbox: Outbox;
  /** Root channels it hears. */
  readonly channels: Set<ChannelId>;
  /** Resolves when the last send that had to wait for something is in the queue; null while none waits. */
  sendTail: Promise<unknown> | null;
  /** Takes a frame that is for all sockets of its user. */
  takeOwn(frame: Frame): void;
  end(reason: CloseReason): void;
}
