import type { PresenceData, Role, UserId } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import { ownPresenceOf, presenceOf, type Whereabouts } from './presence.ts';

/** After a failed read, and for those who could not take a frame. */
const RETRY_MS = 1_000;
/** Users read by one query. */
const READ_USERS = 1_000;
/** Changes of this long are told by one frame; with the time that a node gathers them, a tenth of a second. */
const BATCH_MS = 50;
/** A timer cannot be set for longer than 24.8 days; a status that lasts longer is looked at again. */
const MAX_TIMER_MS = 86_400_000;

/** Who looks. */
export interface Viewer {
  readonly userId: UserId;
  readonly serverRole: Role;
}

export interface PresenceBoardPorts<Watcher extends object> {
  readonly clock: Clock;
  /** Reads where users are now; those who do not exist are left out. */
  read(userIds: readonly UserId[]): Promise<readonly Whereabouts[]>;
  /** Gives a frame that may be lost to each of the watchers, and returns those who are too far behind to take it. */
  tell(watchers: readonly Watcher[], json: string): readonly Watcher[];
  onError(error: unknown): void;
}

interface Interest {
  readonly viewer: Viewer;
  readonly userIds: Set<UserId>;
}

/** What was last shown of a user. */
interface Shown {
  readonly whereabouts: Whereabouts;
  readonly toOthers: string;
  readonly toSelf: string;
  readonly user: string;
  /** Looks again when the status text ends. */
  readonly expiry: Timer | null;
}

/** Who watches whom on this node: a state first, then each difference, gathered for a moment. */
export class PresenceBoard<Watcher extends object> {
  readonly #ports: PresenceBoardPorts<Watcher>;
  readonly #interests = new Map<Watcher, Interest>();
  readonly #watchers = new Map<UserId, Set<Watcher>>();
  readonly #shown = new Map<UserId, Shown>();
  readonly #dirty = new Set<UserId>();
  /** Who missed something, and is given all states again once he can take them. */
  readonly #behind = new Set<Watcher>();
  #behindTimer: Timer | null = null;
  #timer: Timer | null = null;
  #isReading = false;

  constructor(ports: PresenceBoardPorts<Watcher>) {
    this.#ports = ports;
  }

  /** Users that are watched here. */
  get watchedCount(): number {
    return this.#watchers.size;
  }

  /**
   * Sets whom a watcher watches, in place of the earlier choice, and gives their states. The answer is made in the same
   * moment in which it resolves, and differences are told in a later one, so no older state can arrive after a newer.
   */
  async watch(watcher: Watcher, viewer: Viewer, userIds: readonly UserId[]): Promise<PresenceData[]> {
    this.#choose(watcher, viewer, new Set(userIds));
    const unseen = userIds.filter((userId) => !this.#shown.has(userId));
    if (unseen.length > 0) {
      for (const whereabouts of await this.#ports.read(unseen)) {
        // What a flush has read meanwhile is newer; and the watcher may have gone.
        const { userId } = whereabouts;
        if (this.#watchers.has(userId) && !this.#shown.has(userId)) this.#show(whereabouts);
      }
    }
    return userIds.flatMap((userId) => {
      const shown = this.#shown.get(userId);
      return shown === undefined ? [] : [JSON.parse(jsonFor(shown, viewer)) as PresenceData];
    });
  }

  /** The watcher has gone, or looks at nobody any more. */
  unwatch(watcher: Watcher): void {
    const interest = this.#interests.get(watcher);
    this.#interests.delete(watcher);
    this.#behind.delete(watcher);
    for (const userId of interest?.userIds ?? []) this.#dropWatcher(userId, watcher);
  }

  /** Something about these users may be different now. */
  changed(userIds: Iterable<UserId>): void {
    for (const userId of userIds) if (this.#watchers.has(userId)) this.#dirty.add(userId);
    this.#arm();
  }

  /** Looks at everybody who is watched: what nodes tell each other may be lost. */
  refresh(): void {
    this.changed([...this.#watchers.keys()]);
  }

  /** Watchers that any of these users is, or is watched by, if `concerns` says so; with whom they watch. */
  *interestsIn(
    userIds: ReadonlySet<UserId>,
    concerns: (viewer: Viewer) => boolean,
  ): Generator<{ watcher: Watcher; viewer: Viewer; userIds: UserId[] }> {
    for (const [watcher, interest] of this.#interests) {
      if (!concerns(interest.viewer)) continue;
      const own = userIds.has(interest.viewer.userId);
      if (own || [...interest.userIds].some((userId) => userIds.has(userId))) {
        yield { watcher, viewer: interest.viewer, userIds: [...interest.userIds] };
      }
    }
  }

  /** Takes users out of what a watcher may see; to him they look gone. */
  hide(watcher: Watcher, userIds: readonly UserId[]): void {
    const interest = this.#interests.get(watcher);
    const hidden = userIds.filter((userId) => interest?.userIds.delete(userId) === true);
    for (const userId of hidden) this.#dropWatcher(userId, watcher);
    if (hidden.length === 0) return;
    const gone = hidden.map((userId) => ({ userId, status: 'offline', lastSeen: null }));
    this.#tell([watcher], frameOf(gone.map((presence) => JSON.stringify(presence))));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#behindTimer?.cancel();
    this.#behind.clear();
    for (const { expiry } of this.#shown.values()) expiry?.cancel();
    this.#interests.clear();
    this.#watchers.clear();
    this.#shown.clear();
    this.#dirty.clear();
  }

  #choose(watcher: Watcher, viewer: Viewer, userIds: Set<UserId>): void {
    const before = this.#interests.get(watcher);
    this.#interests.set(watcher, { viewer, userIds });
    for (const userId of userIds) {
      const watchers = this.#watchers.get(userId);
      if (watchers === undefined) this.#watchers.set(userId, new Set([watcher]));
      else watchers.add(watcher);
    }
    for (const userId of before?.userIds ?? []) if (!userIds.has(userId)) this.#dropWatcher(userId, watcher);
  }

  #dropWatcher(userId: UserId, watcher: Watcher): void {
    const watchers = this.#watchers.get(userId);
    watchers?.delete(watcher);
    if (watchers?.size !== 0) return;
    this.#watchers.delete(userId);
    this.#dirty.delete(userId);
    this.#shown.get(userId)?.expiry?.cancel();
    this.#shown.delete(userId);
  }

  #arm(delayMs: number = BATCH_MS): void {
    if (this.#timer !== null || this.#isReading || this.#dirty.size === 0) return;
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#timer = null;
      this.#isReading = true;
      void this.#readDirty().then((delayMs) => {
        this.#isReading = false;
        this.#arm(delayMs);
      });
    }, delayMs);
  }

  /** Returns how long to wait before the next time. */
  async #readDirty(): Promise<number> {
    const userIds = [...this.#dirty].slice(0, READ_USERS);
    for (const userId of userIds) this.#dirty.delete(userId);
    try {
      const differing: UserId[] = [];
      const renamed: UserId[] = [];
      for (const whereabouts of await this.#ports.read(userIds)) {
        const { userId } = whereabouts;
        if (!this.#watchers.has(userId)) continue;
        const before = this.#shown.get(userId);
        const shown = this.#show(whereabouts);
        if (before?.toSelf !== shown.toSelf) differing.push(userId);
        if (before !== undefined && before.user !== shown.user) renamed.push(userId);
      }
      // In a turn of its own: a state that was just given as an answer is then on its way already.
      if (differing.length > 0) this.#ports.clock.setTimeout(() => this.#tellWatchers(differing), 0);
      for (const userId of renamed) this.#tellUser(userId);
      return BATCH_MS;
    } catch (error) {
      this.#ports.onError(error);
      for (const userId of userIds) if (this.#watchers.has(userId)) this.#dirty.add(userId);
      return RETRY_MS;
    }
  }

  /** Takes where a user is now, and what he is called. */
  #show(whereabouts: Whereabouts): Shown {
    const { userId } = whereabouts;
    const now = this.#ports.clock.now();
    const before = this.#shown.get(userId);
    const toOthers = JSON.stringify(presenceOf(whereabouts, now));
    const toSelf = JSON.stringify(ownPresenceOf(whereabouts, now));
    const user = JSON.stringify(whereabouts.user);
    before?.expiry?.cancel();
    const until = whereabouts.status.until ?? 0;
    const expiry =
      until <= now
        ? null
        : this.#ports.clock.setTimeout(() => this.changed([userId]), Math.min(until - now, MAX_TIMER_MS));
    const shown = { whereabouts, toOthers, toSelf, user, expiry };
    this.#shown.set(userId, shown);
    return shown;
  }

  /** A new name is told once: whoever cannot take it learns it with his next connect. */
  #tellUser(userId: UserId): void {
    const shown = this.#shown.get(userId);
    const watchers = this.#watchers.get(userId);
    if (shown !== undefined && watchers !== undefined)
      this.#ports.tell([...watchers], `{"t":"user","user":${shown.user}}`);
  }

  #tellWatchers(userIds: readonly UserId[]): void {
    const parts = new Map<Watcher, string[]>();
    for (const userId of userIds) {
      const shown = this.#shown.get(userId);
      if (shown === undefined) continue;
      for (const watcher of this.#watchers.get(userId) ?? []) {
        const interest = this.#interests.get(watcher);
        if (interest === undefined || this.#behind.has(watcher)) continue;
        const list = parts.get(watcher);
        if (list === undefined) parts.set(watcher, [jsonFor(shown, interest.viewer)]);
        else list.push(jsonFor(shown, interest.viewer));
      }
    }
    // Most watchers of a user see the same: each frame is made once.
    const byFrame = new Map<string, Watcher[]>();
    for (const [watcher, list] of parts) {
      const json = frameOf(list);
      const same = byFrame.get(json);
      if (same === undefined) byFrame.set(json, [watcher]);
      else same.push(watcher);
    }
    for (const [json, watchers] of byFrame) this.#tell(watchers, json);
  }

  #tell(watchers: readonly Watcher[], json: string): void {
    for (const watcher of this.#ports.tell(watchers, json)) this.#behind.add(watcher);
    if (this.#behind.size === 0 || this.#behindTimer !== null) return;
    this.#behindTimer = this.#ports.clock.setTimeout(() => {
      this.#behindTimer = null;
      const watchersBehind = [...this.#behind];
      this.#behind.clear();
      for (const watcher of watchersBehind) this.#tellAll(watcher);
    }, RETRY_MS);
  }

  #tellAll(watcher: Watcher): void {
    const interest = this.#interests.get(watcher);
    const states = [...(interest?.userIds ?? [])].map((userId) => this.#shown.get(userId));
    const parts = states.flatMap((shown) =>
      shown === undefined || interest === undefined ? [] : [jsonFor(shown, interest.viewer)],
    );
    if (parts.length > 0) this.#tell([watcher], frameOf(parts));
  }
}

function jsonFor(shown: Shown, viewer: Viewer): string {
  return viewer.userId === shown.whereabouts.userId ? shown.toSelf : shown.toOthers;
}

function frameOf(presence: readonly string[]): string {
  return `{"t":"presence","presence":[${presence.join(',')}]}`;
}
