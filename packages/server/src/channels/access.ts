import type { ChannelId, Role, UserId } from '@parley/protocol';
import type { ChannelFacts, Effect } from '../fanout/committed.ts';
import { AppError } from '../lib/app-error.ts';
import type { Database } from '../storage/postgres.ts';
import { readAccess } from './access-store.ts';
import type { Access } from './permissions.ts';
import { RoleList } from './role-list.ts';

/** Threads whose root is remembered, so that a reply needs no query; each costs about 200 bytes. */
const MAX_THREADS = 20_000;

/** A role, and what it takes to know whether it still holds. */
interface KnownRole {
  readonly channelId: ChannelId;
  readonly role: Role;
  /** The channel's `accessRev` when the role was read. */
  readonly asOf: number;
  /** The `gaps` of the channel's course then; null for one that may have been out of date already. */
  readonly gaps: number | null;
}

interface UserAccess {
  serverRole: Role;
  sockets: number;
  readonly roles: RoleList<KnownRole>;
}

/** How far the events of a channel have been followed here. */
interface Course {
  /** That of the last event that changed access. */
  readonly accessRev: number;
  /** How often events were missed: roles that were read before may have changed with them. */
  readonly gaps: number;
}

const UNKNOWN_COURSE: Course = { accessRev: 0, gaps: 0 };

/**
 * What this node knows about who may do what, for users who are here. It follows the events of the channels in rev order.
 * It serves decisions that the writer checks again by `accessRev`; everything else reads the database.
 */
export class AccessDirectory {
  readonly #db: Database;
  readonly #users = new Map<UserId, UserAccess>();
  readonly #facts = new Map<ChannelId, ChannelFacts>();
  readonly #courses = new Map<ChannelId, Course>();
  readonly #listeners = new Map<ChannelId, number>();
  /** The latest role that was learned in a channel. */
  readonly #shared = new Map<ChannelId, KnownRole>();
  readonly #threads = new Map<ChannelId, ChannelFacts>();
  #gaps = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** How often events were missed so far, in any channel. Taken before a read, it tells whether some were missed during it. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Takes what a session read from the database when it became ready; `gapsBefore` are those before the read. */
  admit(
    userId: UserId,
    serverRole: Role,
    channels: readonly { readonly facts: ChannelFacts; readonly role: Role }[],
    gapsBefore: number,
  ): void {
    const user = this.#users.get(userId) ?? { serverRole, sockets: 0, roles: new RoleList<KnownRole>() };
    user.sockets += 1;
    user.serverRole = serverRole;
    this.#users.set(userId, user);
    user.roles.setAll(channels.map(({ facts, role }) => this.#enter(user, facts, role, gapsBefore)));
  }

  /** One socket of the user has gone; the last one takes what is known of the user with it. */
  dismiss(userId: UserId): void {
    const user = this.#users.get(userId);
    if (user === undefined) return;
    user.sockets -= 1;
    if (user.sockets > 0) return;
    for (const channelId of user.roles.channelIds()) this.#release(channelId);
    this.#users.delete(userId);
  }

  /** A user who is here has joined a channel, as was read after `gapsBefore`. */
  enter(userId: UserId, facts: ChannelFacts, role: Role, gapsBefore: number): void {
    const user = this.#users.get(userId);
    if (user !== undefined) user.roles.set(this.#enter(user, facts, role, gapsBefore));
  }

  /** Follows an event; null: events were missed, and what is known of the channel is void. */
  apply(channelId: ChannelId, effect: Effect | null): void {
    if (effect === null) {
      this.#gaps += 1;
      this.#facts.delete(channelId);
      if (this.#listeners.has(channelId))
        this.#courses.set(channelId, { accessRev: 0, gaps: this.#courseOf(channelId).gaps + 1 });
      return;
    }
    if (effect.facts !== undefined) this.#follow(channelId, effect.facts);
    for (const userId of effect.left ?? []) {
      if (this.#users.get(userId)?.roles.delete(channelId)) this.#release(channelId);
    }
    for (const [userId, role] of effect.joined ?? []) {
      const roles = this.#users.get(userId)?.roles;
      const known = roles?.get(channelId);
      if (known !== undefined) roles?.set({ ...known, role });
    }
  }

  setServerRole(userId: UserId, role: Role): void {
    const user = this.#users.get(userId);
    if (user !== undefined) user.serverRole = role;
  }

  /** What is known without asking the database, if it is enough for a decision. */
  known(userId: UserId, channelId: ChannelId): Access | undefined {
    const user = this.#users.get(userId);
    const channel = this.#facts.get(channelId) ?? this.#threads.get(channelId);
    if (user === undefined || channel === undefined) return undefined;
    const root = channel.rootId === channel.id ? channel : this.#facts.get(channel.rootId);
    const known = user.roles.get(channel.rootId);
    if (root === undefined || known === undefined || !this.#holds(root, known)) return undefined;
    return { userId, serverRole: user.serverRole, channel, root, role: known.role, isBanned: false };
  }

  /** Reads the database; throws `not_found` when there is no such channel. */
  async read(userId: UserId, channelId: ChannelId): Promise<Access> {
    const gapsBefore = this.#gaps;
    const access = await readAccess(this.#db, userId, channelId);
    if (access === null) throw new AppError('not_found', 'unable to find the channel; there is none with this id');
    const user = this.#users.get(userId);
    if (user?.roles.has(access.root.id) && access.role !== null)
      user.roles.set(this.#enter(user, access.root, access.role, gapsBefore));
    else this.#learn(access.root);
    if (access.channel.kind === 'thread') this.#rememberThread(access.channel);
    return access;
  }

  /** Makes ready to keep a role of a user, and says what is to be kept. */
  #enter(user: UserAccess, facts: ChannelFacts, role: Role, gapsBefore: number): KnownRole {
    if (!user.roles.has(facts.id)) this.#listeners.set(facts.id, (this.#listeners.get(facts.id) ?? 0) + 1);
    const course = this.#courseOf(facts.id);
    // What came, or was missed, while this was read has shown it to be old; what is to come cannot put that right.
    const isOld = facts.accessRev < course.accessRev || gapsBefore !== this.#gaps;
    this.#learn(facts);
    // By the id of the facts: each user would else keep a copy of it.
    const channelId = this.#facts.get(facts.id)?.id ?? facts.id;
    return this.#roleOf({ channelId, role, asOf: facts.accessRev, gaps: isOld ? null : course.gaps });
  }

  /** Members with the same role share what is known of it: there are far more of them than of roles. */
  #roleOf(known: KnownRole): KnownRole {
    const shared = this.#shared.get(known.channelId);
    if (shared?.role === known.role && shared.asOf === known.asOf && shared.gaps === known.gaps) return shared;
    this.#shared.set(known.channelId, known);
    return known;
  }

  /**
   * A role is as good as the facts it is used with: facts may have been read later, for somebody else, and a decision by
   * them and an older role would pass the writer's comparison of `accessRev`.
   */
  #holds(root: ChannelFacts, known: KnownRole): boolean {
    const { accessRev, gaps } = this.#courseOf(root.id);
    return known.gaps === gaps && Math.max(known.asOf, accessRev) >= root.accessRev;
  }

  #courseOf(channelId: ChannelId): Course {
    return this.#courses.get(channelId) ?? UNKNOWN_COURSE;
  }

  #follow(channelId: ChannelId, facts: ChannelFacts): void {
    if (!this.#listeners.has(channelId)) return;
    const { accessRev, gaps } = this.#courseOf(channelId);
    this.#courses.set(channelId, { accessRev: Math.max(accessRev, facts.accessRev), gaps });
    this.#learn(facts);
  }

  /** Facts are kept for channels of users who are here, and only the newest. */
  #learn(facts: ChannelFacts): void {
    if (!this.#listeners.has(facts.id)) return;
    const known = this.#facts.get(facts.id);
    if (known === undefined || known.accessRev <= facts.accessRev) this.#facts.set(facts.id, facts);
  }

  #release(channelId: ChannelId): void {
    const left = (this.#listeners.get(channelId) ?? 1) - 1;
    if (left > 0) this.#listeners.set(channelId, left);
    else {
      this.#listeners.delete(channelId);
      this.#shared.delete(channelId);
      this.#courses.delete(channelId);
      this.#facts.delete(channelId);
    }
  }

  /** A thread never changes its root; the oldest are forgotten first. */
  #rememberThread(thread: ChannelFacts): void {
    this.#threads.set(thread.id, thread);
    if (this.#threads.size <= MAX_THREADS) return;
    const oldest = this.#threads.keys().next();
    if (!oldest.done) this.#threads.delete(oldest.value);
  }
}
