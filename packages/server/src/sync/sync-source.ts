import type { ChannelId, JoinedChannel, Resume, Role, SyncFrame, UserId } from '@parley/protocol';
import type { ChannelFacts } from '../fanout/committed.ts';

/** One of the user's channels as a fresh read of the database has it. */
export interface Place {
  readonly facts: ChannelFacts;
  readonly role: Role;
  readonly joined: JoinedChannel;
}

/** What the sync room offers to sessions. */
export interface SyncSource {
  rootIds(userId: UserId): Promise<readonly ChannelId[]>;
  /** All of a user's channels and followed threads, threads after their roots. */
  places(userId: UserId): Promise<readonly Place[]>;
  /** One of them; null when the user is not in it. */
  place(userId: UserId, channelId: ChannelId): Promise<Place | null>;
  /** The rev at which the user went out of a root channel; null when he is in it, or never was. */
  outAt(userId: UserId, channelId: ChannelId): Promise<number | null>;
  /** What brings a client up to date that has what `resume` names; `places` were read for it. */
  frames(userId: UserId, places: readonly Place[], resume: Resume | null): AsyncIterable<SyncFrame>;
}
