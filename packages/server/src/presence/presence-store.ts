import type { UserId } from '@parley/protocol';
import type { DeviceState } from './presence.ts';

/** How often a node says that it lives. */
export const BEAT_PERIOD_MS = 5_000;
/** A node that has said nothing for this long is dead, and so is what it said of its users. */
export const LEASE_MS = 15_000;

/** What a node learns when it says that it lives. */
export interface Beat {
  /**
   * The users of nodes that have died, each of them to at least one of the nodes that ask; and this node's own, when it had
   * been given up.
   */
  readonly lost: readonly UserId[];
  /** What was read lately may not be so: whoever is watched is to be read again. */
  readonly isUnsure: boolean;
  /** Another node is there no more. What it committed last it may have told nobody. */
  readonly hasLostNode: boolean;
}

/**
 * What is known of all nodes' users. Each node writes only its own, and only when something changes: that it lives holds
 * for all of them together, so nothing is written per heartbeat of a socket.
 */
export interface PresenceStore {
  /** Takes what the devices of users on this node come to; null: none is left. Others can read it once it resolves. */
  write(changes: ReadonlyMap<UserId, DeviceState | null>): Promise<void>;
  /**
   * What the devices of these users come to over all nodes that live; who has none is left out. It never rejects: what cannot
   * be read is as it was last read, for less than half a minute, and after that only this node's own users are known.
   */
  read(userIds: readonly UserId[]): Promise<Map<UserId, DeviceState>>;
  /** Says that this node lives, and writes its users again where a write failed or the node had been given up. */
  beat(): Promise<Beat>;
  /** Takes this node and its users away. */
  leave(): Promise<void>;
}
