import type { Action, ChannelId, RevEvent, Role, UserId } from '@parley/protocol';

/** What decides access to a root channel; carried by the event that changes it, so every node's copy follows in order. */
export interface ChannelFacts {
  readonly id: ChannelId;
  readonly kind: 'public' | 'private' | 'direct' | 'thread';
  readonly rootId: ChannelId;
  readonly archived: boolean;
  readonly permissions: Readonly<Partial<Record<Role, readonly Action[]>>>;
  /** The last rev that voided earlier permission decisions; the writer compares it inside the transaction. */
  readonly accessRev: number;
}

/** What a node must do besides delivering an event. */
export interface Effect {
  readonly joined?: readonly (readonly [UserId, Role])[];
  readonly left?: readonly UserId[];
  readonly facts?: ChannelFacts;
}

/** One committed event: encoded once, where it was committed, and passed on as text. */
export interface CommittedEvent {
  readonly rev: number;
  readonly json: string;
  readonly effect?: Effect | undefined;
}

/** Events of one root channel with consecutive revs: what one commit did to it. */
export interface CommittedBatch {
  readonly kind: 'batch';
  readonly channelId: ChannelId;
  readonly events: readonly CommittedEvent[];
}

/** Encodes an event for every socket of every node. */
export function committed(event: RevEvent, effect?: Effect): CommittedEvent {
  return { rev: event.rev, json: JSON.stringify(event), effect };
}
