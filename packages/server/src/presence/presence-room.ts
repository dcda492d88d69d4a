import { type InputOf, isAtLeast, type PresenceData, type UserId } from '@parley/protocol';
import { z } from 'zod';
import type { Fanout } from '../fanout/fanout.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { DeviceTracker } from './device-tracker.ts';
import { type DeviceState, ownPresenceOf, presenceOf, type Whereabouts } from './presence.ts';
import { PresenceBoard, type Viewer } from './presence-board.ts';
import { BEAT_PERIOD_MS, type PresenceStore } from './presence-store.ts';
import { changeStatus, isOfUser } from './status-change.ts';
import { readCompanions, readRecords, saveLastSeen, writeStatus } from './status-store.ts';

/** Changes of this long are written and told together: a thousand clients that come back at once make one of each. */
const BATCH_MS = 50;
/** How often it is stored that those who are here are here: what a crash can make of `lastSeen` is at most this old. */
const TOUCH_BEATS = 60;
/** How often everybody who is watched is looked at again: what nodes tell each other may be lost. */
const REFRESH_BEATS = 6;
/** Users named by one notice, about 40 kB. */
const NOTICE_USERS = 1_000;

/** The topic on which nodes tell each other whose presence, or name, may have changed. */
export const PRESENCE_TOPIC = 'presence';
const notice = z.object({ userIds: z.array(z.string()) });

export interface PresencePorts<Device extends object> {
  readonly db: Database;
  readonly store: PresenceStore;
  readonly fanout: Fanout;
  readonly clock: Clock;
  /** Gives a frame that may be lost to each of the devices, and returns those who are too far behind to take it. */
  tell(devices: readonly Device[], json: string): readonly Device[];
  onError(error: unknown): void;
}

/** Where people are: what their devices come to over all nodes, what they say of themselves, and who looks. */
export class PresenceRoom<Device extends { readonly userId: UserId }> {
  /** Another node is there no more: what it told last may not have been heard. */
  onNodeLost: () => void = () => {};
  readonly #ports: PresencePorts<Device>;
  readonly #tracker: DeviceTracker;
  readonly #board: PresenceBoard<Device>;
  readonly #open = new Set<Device>();
  readonly #beat: Timer;
  #changed = new Map<UserId, DeviceState | null>();
  #seenAt = new Map<UserId, number>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #beats = 0;

  constructor(ports: PresencePorts<Device>) {
    this.#ports = ports;
    this.#tracker = new DeviceTracker(ports.clock, (userId, state, seenAtMs) => this.#note(userId, state, seenAtMs));
    this.#board = new PresenceBoard<Device>({
      clock: ports.clock,
      read: (userIds) => this.#read(userIds),
      tell: (devices, json) => ports.tell(devices, json),
      onError: (error) => ports.onError(error),
    });
    this.#beat = ports.clock.setInterval(() => void this.beat(), BEAT_PERIOD_MS);
  }

  /** Users with a device on this node. */
  get userCount(): number {
    return this.#tracker.userCount;
  }

  /** Users whom devices of this node watch. */
  get watchedCount(): number {
    return this.#board.watchedCount;
  }

  /** A device has connected and its user is known. */
  opened(device: Device): void {
    this.#open.add(device);
    this.#tracker.add(device, device.userId);
  }

  /** A device's socket has closed: its user is offline within two seconds, unless another one is here by then. */
  gone(device: Device): void {
    this.#open.delete(device);
    this.#board.unwatch(device);
    this.#tracker.remove(device);
  }

  /** Takes what a device says of itself, and what its user says of himself. */
  async set(userId: UserId, device: Device | null, input: InputOf<'presence.set'>): Promise<void> {
    if (input.idle !== undefined && device !== null) this.#tracker.setIdle(device, input.idle);
    if (!isOfUser(input)) return;
    const now = this.#ports.clock.now();
    await this.#ports.db.transaction().execute(async (tx) => {
      // Who goes invisible was here until now, and who shows himself again is here now. The first of the two also locks
      // the user, so that of two devices neither undoes what the other has said.
      const seen = new Map([[userId, now]]);
      await saveLastSeen(tx, seen);
      const [record] = await readRecords(tx, [userId]);
      if (record !== undefined) await writeStatus(tx, userId, changeStatus(record.status, input, now));
      await saveLastSeen(tx, seen);
    });
    this.#tellNodes([userId]);
  }

  /** Sets whose presence a device hears of, in place of the earlier choice, and gives their states. */
  async watch(device: Device, viewer: Viewer, userIds: readonly UserId[]): Promise<PresenceData[]> {
    const visible = await this.#visible(viewer, userIds);
    if (!this.#open.has(device)) return [];
    return await this.#board.watch(device, viewer, visible);
  }

  /** The presence of those users whom the viewer may see. */
  async get(viewer: Viewer, userIds: readonly UserId[]): Promise<PresenceData[]> {
    const now = this.#ports.clock.now();
    const found = await this.#read(await this.#visible(viewer, userIds));
    return found.map((one) => (one.userId === viewer.userId ? ownPresenceOf : presenceOf)(one, now));
  }

  /** Whoever watches this user is told what he is called now. */
  renamed(userId: UserId): void {
    this.#tellNodes([userId]);
  }

  /** Takes what a node, this one included, has told on the presence topic. */
  noticed(payload: unknown): void {
    const parsed = notice.safeParse(payload);
    if (parsed.success) this.#board.changed(parsed.data.userIds as UserId[]);
  }

  /** Notices of other nodes may have been lost: looks at everybody who is watched here. */
  refresh(): void {
    this.#board.refresh();
  }

  /** These users have left a channel: guests may have lost sight of them, or they of others. */
  async left(userIds: readonly UserId[]): Promise<void> {
    const isGuest = (viewer: Viewer) => !isAtLeast(viewer.serverRole, 'member');
    for (const { watcher, viewer, userIds: watched } of this.#board.interestsIn(new Set(userIds), isGuest)) {
      const visible = new Set(await this.#visible(viewer, watched));
      this.#board.hide(
        watcher,
        watched.filter((userId) => !visible.has(userId)),
      );
    }
  }

  /** Says that this node lives, and takes over what is to be told of nodes that do not. Runs by itself every few seconds. */
  async beat(): Promise<void> {
    const now = this.#ports.clock.now();
    this.#beats += 1;
    if (this.#beats % REFRESH_BEATS === 0) this.refresh();
    try {
      if (this.#beats % TOUCH_BEATS === 0) await this.#touch([...this.#tracker.userIds()], now);
      const { lost, isUnsure, hasLostNode } = await this.#ports.store.beat();
      if (hasLostNode) this.onNodeLost();
      if (isUnsure) this.refresh();
      if (lost.length === 0) return;
      this.#tellNodes(lost);
      await this.#touch(lost, now);
    } catch (error) {
      this.#ports.onError(error);
    }
  }

  /** Writes and tells what has changed so far. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running;
    this.#timer?.cancel();
    this.#timer = null;
    this.#running = this.#writeChanges().finally(() => {
      this.#running = null;
      this.#arm();
    });
    await this.#running;
  }

  /** Takes this node's users away and tells the other nodes; call it when all sockets are closed. */
  async drain(): Promise<void> {
    this.#beat.cancel();
    const here = [...this.#tracker.userIds()];
    const now = this.#ports.clock.now();
    await this.flush();
    this.#timer?.cancel();
    this.#tracker.stop();
    this.#board.stop();
    try {
      await this.#ports.store.leave();
      await this.#touch(here, now);
    } catch (error) {
      this.#ports.onError(error);
    }
    if (here.length > 0) this.#tellNodes(here);
  }

  #note(userId: UserId, state: DeviceState | null, seenAtMs: number): void {
    this.#changed.set(userId, state);
    this.#seenAt.set(userId, seenAtMs);
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== null || this.#running !== null || this.#changed.size === 0) return;
    this.#timer = this.#ports.clock.setTimeout(() => void this.flush(), BATCH_MS);
  }

  /** Stored first and told after: who is told reads what is stored. */
  async #writeChanges(): Promise<void> {
    if (this.#changed.size === 0) return;
    const changed = this.#changed;
    const seenAt = this.#seenAt;
    this.#changed = new Map();
    this.#seenAt = new Map();
    // What fails here is not tried again: the store gets all users with the next beat, and the time is seen again later.
    const steps = [() => this.#ports.store.write(changed), () => saveLastSeen(this.#ports.db, seenAt)];
    for (const step of steps) await step().catch((error: unknown) => this.#ports.onError(error));
    this.#tellNodes([...changed.keys()]);
  }

  #tellNodes(userIds: readonly UserId[]): void {
    for (let start = 0; start < userIds.length; start += NOTICE_USERS) {
      this.#ports.fanout.nodes(PRESENCE_TOPIC, { userIds: userIds.slice(start, start + NOTICE_USERS) });
    }
  }

  #touch(userIds: readonly UserId[], atMs: number): Promise<void> {
    return saveLastSeen(this.#ports.db, new Map(userIds.map((userId) => [userId, atMs])));
  }

  async #read(userIds: readonly UserId[]): Promise<Whereabouts[]> {
    const devices = await this.#ports.store.read(userIds);
    const records = await readRecords(this.#ports.db, userIds);
    return records.map((record) => ({ ...record, devices: devices.get(record.userId) ?? null }));
  }

  /** Members of the server see everybody; its guests only whom they share a channel with. */
  async #visible(viewer: Viewer, userIds: readonly UserId[]): Promise<UserId[]> {
    const wanted = [...new Set(userIds)];
    if (isAtLeast(viewer.serverRole, 'member') || wanted.length === 0) return wanted;
    const companions = new Set(await readCompanions(this.#ports.db, viewer.userId, wanted));
    return wanted.filter((userId) => userId === viewer.userId || companions.has(userId));
  }
}
