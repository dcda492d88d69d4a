import type { PresenceData, UserId, UserView } from '@parley/protocol';

/** A device is in use, or connected and left alone. */
export type DeviceState = 'active' | 'idle';

export type Availability = NonNullable<PresenceData['availability']>;

/** What a user says of himself, for all devices and while he is away too. */
export interface OwnStatus {
  readonly availability: Availability;
  readonly doNotDisturb: boolean;
  readonly text: string;
  readonly emoji: string;
  /** Epoch milliseconds at which text and emoji end; null: never. */
  readonly until: number | null;
}

export const PLAIN_STATUS: OwnStatus = {
  availability: 'online',
  doNotDisturb: false,
  text: '',
  emoji: '',
  until: null,
};

/** What several devices come to: active as long as one of them is; null when there is none. */
export function combine(states: Iterable<DeviceState>): DeviceState | null {
  let combined: DeviceState | null = null;
  for (const state of states) {
    if (state === 'active') return 'active';
    combined = 'idle';
  }
  return combined;
}

/** All that presence is made of. */
export interface Whereabouts {
  readonly userId: UserId;
  /** What the user is called, which those who look are told as well when it changes. */
  readonly user: UserView;
  /** What the user's devices come to, over all nodes. */
  readonly devices: DeviceState | null;
  readonly status: OwnStatus;
  /** When the user was last known to be here and not invisible. */
  readonly lastSeenAt: number | null;
}

/** Where a user is, as others see it: who is invisible cannot be told from somebody who is not there. */
export function presenceOf({ userId, devices, status, lastSeenAt }: Whereabouts, nowMs: number): PresenceData {
  const presence: PresenceData = { userId, status: shownState(devices, status.availability), lastSeen: lastSeenAt };
  if (status.doNotDisturb) presence.doNotDisturb = true;
  if (status.until !== null && status.until <= nowMs) return presence;
  if (status.text !== '') presence.statusText = status.text;
  if (status.emoji !== '') presence.statusEmoji = status.emoji;
  if (status.until !== null && (status.text !== '' || status.emoji !== '')) presence.statusUntil = status.until;
  return presence;
}

/** The same as the user himself sees it: with what he has chosen. */
export function ownPresenceOf(whereabouts: Whereabouts, nowMs: number): PresenceData {
  return { ...presenceOf(whereabouts, nowMs), availability: whereabouts.status.availability };
}

function shownState(devices: DeviceState | null, availability: Availability): PresenceData['status'] {
  if (devices === null || availability === 'invisible') return 'offline';
  return devices === 'idle' || availability === 'away' ? 'away' : 'online';
}
