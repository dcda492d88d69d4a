import type {
  ChannelId,
  MemberView,
  MessageEvent,
  MessageView,
  PresenceData,
  ReceiptView,
  UserId,
  UserView,
} from '@parley/protocol';
import type { ChannelSummary } from './channel-state.ts';
import type { ConnectionChange } from './connection.ts';
import type { ParleyError } from './errors.ts';
import type { QueuedMessage } from './send-queue.ts';

/** Whether everything of a channel since the last time is here: `resumed`, whole; `reset`, it was loaded afresh and something in between may never be shown. */
export type Continuity = 'resumed' | 'reset';

/** What `client.on` tells. */
export interface ClientEvents {
  /** The connection moved from one state to another, or plans another retry. */
  connection: ConnectionChange;
  /** A message is new to this client. `isLive` is false for one that was sent while the client was away. */
  message: { readonly message: MessageView; readonly rootId: ChannelId; readonly isLive: boolean };
  /** A known message was edited, deleted, reacted to, pinned, or got a thread. */
  messageChanged: {
    readonly message: MessageView;
    readonly rootId: ChannelId;
    readonly change: Exclude<MessageEvent['change'], 'new'> | 'unknown';
  };
  /** A message of this client moved on: it waits, is on its way, was sent (`seq` is set) or was refused. */
  outgoing: OutgoingEvent;
  /** The user is in a channel that was not there before. */
  channelJoined: ChannelSummary;
  /** The user is no longer in a channel: left, removed, or it is hidden now. */
  channelLeft: { readonly channelId: ChannelId };
  /** Name, topic, limit, permissions or archive state changed, or one's own place in it. */
  channelChanged: ChannelSummary;
  /** After every connect, once for each channel. */
  channelSynced: { readonly channelId: ChannelId; readonly continuity: Continuity };
  /** Others joined, left, or have another role. */
  members: { readonly channelId: ChannelId; readonly joined: readonly MemberView[]; readonly left: readonly UserId[] };
  /** Members got further. */
  receipts: { readonly channelId: ChannelId; readonly receipts: readonly ReceiptView[] };
  typing: { readonly channelId: ChannelId; readonly userId: UserId; readonly isTyping: boolean };
  presence: readonly PresenceData[];
  user: UserView;
  flags: Readonly<Record<string, boolean | string | number>>;
  /** Something failed in the background that no call can tell of, such as the outbox storage. */
  warning: ParleyError;
}

/** Where a message of this client stands. */
export interface OutgoingEvent {
  readonly message: QueuedMessage['message'];
  readonly status: QueuedMessage['status'] | 'sent' | 'discarded';
  readonly seq: number | null;
  readonly error: ParleyError | null;
}
