import type { ChannelId, Role, UserId } from '@parley/protocol';
import type { ChannelFacts, Effect } from '../fanout/committed.ts';
import { AppError } from '../lib/app-error.ts';
import type { Database } from '../storage/postgres.ts';
import { readAccess } from './access-store.ts';
import type { Access } from './permissions.ts';

/** Threads whose root is remembered, so that a reply needs no query; each costs about 200 bytes. */
const MAX_THREADS = 20_000;

interface UserAccess {
  serverRole: Role;
  sockets: number;
  readonly roles: Map<ChannelId, Role>;
}

/**
 * What this node knows about who may do what, for users who are here. It follows the events of the channels in rev order.
 * It serves decisions that the writer checks again by `accessRev`; everything else reads the database.
 */
export class AccessDirectory {
  readonly #db: Database;
  readonly #users = new Map<UserId, UserAccess>();
  readonly #facts = new Map<ChannelId, ChannelFacts>();
  readonly #listeners = new Map<ChannelId, number>();
  readonly #threads = new Map<ChannelId, ChannelFacts>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Takes what a session read from the database when it became ready. */
  admit(
    userId: UserId,
    serverRole: Role,
    channels: readonly { readonly facts: ChannelFacts; readonly role: Role }[],
  ): void {
    const user = this.#users.get(userId) ?? { serverRole, sockets: 0, roles: new Map<ChannelId, Role>() };
    user.sockets += 1;
    user.serverRole = serverRole;
    this.#users.set(userId, user);
    for (const { facts, role } of channels) this.#enter(user, facts, role);
  }

  /** One socket of the user has gone; the last one takes what is known of the user with it. */
  dismiss(userId: UserId): void {
    const user = this.#users.get(userId);
    if (user === undefined) return;
    user.sockets -= 1;
    if (user.sockets > 0) return;
    for (const channelId of user.roles.keys()) this.#release(channelId);
    this.#users.delete(userId);
  }

  /** A user who is here has joined a channel. */
  enter(userId: UserId, facts: ChannelFacts, role: Role): void {
    const user = this.#users.get(userId);
    if (user !== undefined) this.#enter(user, facts, role);
  }

  /** Follows an event; null: what is known of the channel is void. */
  apply(channelId: ChannelId, effect: Effect | null): void {
    if (effect === null) {
      this.#facts.delete(channelId);
      return;
    }
    if (effect.facts !== undefined && this.#facts.has(channelId)) this.#learn(effect.facts);
    for (const userId of effect.left ?? []) {
      if (this.#users.get(userId)?.roles.delete(channelId)) this.#release(channelId);
    }
    for (const [userId, role] of effect.joined ?? []) {
      const user = this.#users.get(userId);
      if (user?.roles.has(channelId)) user.roles.set(channelId, role);
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
    const role = user.roles.get(channel.rootId);
    if (root === undefined || role === undefined) return undefined;
    return { userId, serverRole: user.serverRole, channel, root, role, isBanned: false };
  }

  /** Reads the database; throws `not_found` when there is no such channel. */
  async read(userId: UserId, channelId: ChannelId): Promise<Access> {
    const access = await readAccess(this.#db, userId, channelId);
    if (access === null) throw new AppError('not_found', 'unable to find the channel; there is none with this id');
    this.#learn(access.root);
    if (access.channel.kind === 'thread') this.#rememberThread(access.channel);
    return access;
  }

  #enter(user: UserAccess, facts: ChannelFacts, role: Role): void {
    if (!user.roles.has(facts.id)) this.#listeners.set(facts.id, (this.#listeners.get(facts.id) ?? 0) + 1);
    user.roles.set(facts.id, role);
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
