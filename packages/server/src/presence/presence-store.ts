import type { UserId } from '@parley/protocol';
import type { DeviceState } from './presence.ts';

/** How often a node says that it lives. */
export const BEAT_PERIOD_MS = 5_000;
/** A node that has said nothing for this long is dead, and so is what it said of its users. */
export const LEASE_MS = 15_000;

/**
 * What is known of all nodes' users. Each node writes only its own, and only when something changes: that it lives holds
 * for all of them together, so nothing is written per heartbeat of a socket.
 */
export interface PresenceStore {
  /** Takes what the devices of users on this node come to; null: none is left. Others can read it once it resolves. */
  write(changes: ReadonlyMap<UserId, DeviceState | null>): Promise<void>;
  /** What the devices of these users come to over all nodes that live; who has none is left out. */
  read(userIds: readonly UserId[]): Promise<Map<UserId, DeviceState>>;
  /**
   * Says that this node lives, and writes its users again where a write failed or the node had been given up. Resolves to
   * those of whom something else is to be read now: these, and the users of nodes that have died, each of them to at least
   * one of the nodes that ask.
   */
  beat(): Promise<UserId[]>;
  /** Takes this node and its users away. */
  leave(): Promise<void>;
}
