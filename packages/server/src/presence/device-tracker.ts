import type { UserId } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import { combine, type DeviceState } from './presence.ts';

/** A device whose socket has closed still counts for this long: a page that is loaded again makes nobody flicker. */
export const GRACE_MS = 1_000;

interface Device {
  state: DeviceState;
  /** Set while it has gone and still counts. */
  grace: Timer | null;
}

/** A user of this node. */
interface User {
  readonly devices: Map<object, Device>;
  state: DeviceState | null;
  /** When the last of the devices was connected or left. */
  touchedAt: number;
}

/** The devices that are connected to this node, and what they come to for each user. */
export class DeviceTracker {
  readonly #clock: Clock;
  readonly #onChange: (userId: UserId, state: DeviceState | null, seenAtMs: number) => void;
  readonly #users = new Map<UserId, User>();
  readonly #owners = new Map<object, UserId>();

  /** `onChange` is called whenever what a user's devices come to is another; null: the last one has gone. */
  constructor(clock: Clock, onChange: (userId: UserId, state: DeviceState | null, seenAtMs: number) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get userCount(): number {
    return this.#users.size;
  }

  userIds(): IterableIterator<UserId> {
    return this.#users.keys();
  }

  stateOf(userId: UserId): DeviceState | null {
    return this.#users.get(userId)?.state ?? null;
  }

  /** A device has connected; it is in use. */
  add(device: object, userId: UserId): void {
    const user = this.#users.get(userId) ?? { devices: new Map<object, Device>(), state: null, touchedAt: 0 };
    this.#users.set(userId, user);
    this.#owners.set(device, userId);
    user.devices.set(device, { state: 'active', grace: null });
    user.touchedAt = this.#clock.now();
    this.#settle(userId, user);
  }

  /** A device says whether it is left alone. */
  setIdle(device: object, isIdle: boolean): void {
    const userId = this.#owners.get(device);
    const user = userId === undefined ? undefined : this.#users.get(userId);
    const known = user?.devices.get(device);
    if (userId === undefined || user === undefined || known === undefined || known.grace !== null) return;
    known.state = isIdle ? 'idle' : 'active';
    this.#settle(userId, user);
  }

  /** A device's socket has closed, by whichever side. */
  remove(device: object): void {
    const userId = this.#owners.get(device);
    const user = userId === undefined ? undefined : this.#users.get(userId);
    const known = user?.devices.get(device);
    if (userId === undefined || user === undefined || known === undefined || known.grace !== null) return;
    user.touchedAt = this.#clock.now();
    known.grace = this.#clock.setTimeout(() => {
      user.devices.delete(device);
      this.#owners.delete(device);
      this.#settle(userId, user);
    }, GRACE_MS);
  }

  /** Forgets everybody, and tells nobody. */
  stop(): void {
    for (const { devices } of this.#users.values()) for (const { grace } of devices.values()) grace?.cancel();
    this.#users.clear();
    this.#owners.clear();
  }

  #settle(userId: UserId, user: User): void {
    const state = combine([...user.devices.values()].map((device) => device.state));
    if (state === null) this.#users.delete(userId);
    if (state === user.state) return;
    user.state = state;
    this.#onChange(userId, state, user.touchedAt);
  }
}
