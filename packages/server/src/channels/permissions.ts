import { type Action, DEFAULT_PERMISSIONS, isAtLeast, type Role, type UserId } from '@parley/protocol';
import type { ChannelFacts } from '../fanout/committed.ts';
import { AppError } from '../lib/app-error.ts';

/** Everything that an access decision looks at. */
export interface Access {
  readonly userId: UserId;
  /** The role on the whole server. */
  readonly serverRole: Role;
  /** The channel asked about, which may be a thread. */
  readonly channel: ChannelFacts;
  /** The root channel, whose membership and permissions decide; the same as `channel` outside threads. */
  readonly root: ChannelFacts;
  /** The role in the root channel; null for those who are not in it. */
  readonly role: Role | null;
  /** Kept out of the root channel; never true of those who are in it. */
  readonly isBanned: boolean;
}

declare const granted: unique symbol;

/** Proof that an action was allowed; what changes or reads a channel asks for it, so a forgotten check does not compile. */
export type Grant<A extends Action = Action> = Access & { readonly [granted]: A };

/** Actions that only need the channel to be there, and leave it as it is. */
const HARMLESS_WHEN_ARCHIVED: ReadonlySet<Action> = new Set(['channel.read', 'message.history', 'channel.archive']);

/** Reading a public channel needs no membership: it is how one finds out whether to join. */
const OPEN_IN_PUBLIC: ReadonlySet<Action> = new Set(['channel.read', 'message.history']);

/** In a direct conversation all are equal, and its people are what it is. */
const VOID_IN_DIRECT: ReadonlySet<Action> = new Set([
  'channel.update',
  'channel.archive',
  'channel.permissions',
  'member.invite',
  'member.kick',
  'member.ban',
  'member.role',
]);

/** The actions of a role in a channel: its own table where it has one, else the default. */
export function actionsOf(channel: Pick<ChannelFacts, 'permissions'>, role: Role): readonly Action[] {
  // Owners keep everything, or a channel could lock out all who could unlock it.
  if (role === 'owner') return DEFAULT_PERMISSIONS.owner;
  return channel.permissions[role] ?? DEFAULT_PERMISSIONS[role];
}

/**
 * The only place that decides access. Returns a grant, or the error to answer with: `not_found` to those who may not even
 * know that the channel exists, `forbidden` to the others.
 */
export function decide<A extends Action>(access: Access, action: A): Grant<A> | AppError {
  const refusal = refusalOf(access, action);
  // The cast is what a grant is: nowhere else is one made.
  return refusal ?? (access as Grant<A>);
}

/** As `decide`, but throws the error: for commands, whose throws become the answer. */
export function demand<A extends Action>(access: Access, action: A): Grant<A> {
  const decision = decide(access, action);
  if (decision instanceof AppError) throw decision;
  return decision;
}

function refusalOf(access: Access, action: Action): AppError | null {
  const { root, role } = access;
  if (role === null && !isOpenToOutsiders(access, action)) return outsiderError(access, action);
  if (root.archived && !HARMLESS_WHEN_ARCHIVED.has(action)) {
    return new AppError('archived', `unable to ${action}; the channel is archived`);
  }
  if (root.kind === 'direct' && VOID_IN_DIRECT.has(action)) {
    return new AppError('forbidden', `unable to ${action}; a direct conversation has no such thing`);
  }
  if (role !== null && actionsOf(root, role).includes(action)) return null;
  if (isServerManagement(access, action) || isOpenToOutsiders(access, action)) return null;
  return new AppError('forbidden', `unable to ${action}; the role does not allow it`);
}

/** Those who may see the channel are told that they are not in it; to others it does not exist. */
function outsiderError(access: Access, what: string): AppError {
  const isVisible = access.root.kind === 'public' && isAtLeast(access.serverRole, 'member');
  if (!isVisible) return new AppError('not_found', `unable to ${what}; there is no such channel`);
  if (access.isBanned) return new AppError('banned', `unable to ${what}; the user is banned`);
  return new AppError('forbidden', `unable to ${what}; join the channel first`);
}

/** Guests of the server see only what they were let into. */
function isOpenToOutsiders(access: Access, action: Action): boolean {
  if (access.root.kind !== 'public') return false;
  const mayLook = isAtLeast(access.serverRole, 'member') && !access.isBanned;
  return (mayLook && OPEN_IN_PUBLIC.has(action)) || isServerManagement(access, action);
}

const SERVER_MANAGED: ReadonlySet<Action> = new Set([
  'channel.update',
  'channel.archive',
  'member.kick',
  'member.ban',
  'member.role',
  'message.delete_any',
]);

/** Server admins keep public channels in order without being members; private ones stay private, to them too. */
function isServerManagement(access: Access, action: Action): boolean {
  return managesServer(access) && SERVER_MANAGED.has(action);
}

function managesServer(access: Access): boolean {
  return access.root.kind === 'public' && isAtLeast(access.serverRole, 'admin');
}

/** Whether a webhook that somebody made for a private channel may go on: while he could make it, archived or not. */
export function keepsWebhook(access: Access): boolean {
  const root = { ...access.root, archived: false };
  return isAtLeast(access.serverRole, 'admin') && refusalOf({ ...access, root }, 'channel.update') === null;
}

/** True when somebody may change what concerns a member of role `target`: only those at least as strong, and owners only by owners. */
export function outranks(actor: Role, target: Role): boolean {
  return target === 'owner' ? actor === 'owner' : isAtLeast(actor, target);
}

/** The role that somebody acts with upon other members: the one in the channel, or the server's where that is stronger and counts. */
export function actingRole(access: Access): Role | null {
  const { role, serverRole } = access;
  if (!managesServer(access)) return role;
  return role !== null && isAtLeast(role, serverRole) ? role : serverRole;
}

/** For what concerns only the caller's own place in a channel: whoever is in it may, archived or not. */
export function demandMembership(access: Access, what: string): Role {
  if (access.role === null) throw outsiderError(access, what);
  return access.role;
}

/** Leaving is everyone's right, but a direct conversation is its people and nothing else. */
export function demandLeave(access: Access): Role {
  const role = demandMembership(access, 'leave');
  if (access.root.kind === 'direct') {
    throw new AppError('forbidden', 'unable to leave; a direct conversation is its people');
  }
  return role;
}

/** Who is not in a public channel may join it, unless a guest of the server or banned. */
export function demandJoin(access: Access): void {
  const { channel, root } = access;
  if (root.kind !== 'public' || channel.kind === 'thread' || !isAtLeast(access.serverRole, 'member')) {
    throw new AppError('not_found', 'unable to join; there is no such public channel');
  }
  if (access.isBanned) throw new AppError('banned', 'unable to join; the user is banned');
  if (root.archived) throw new AppError('archived', 'unable to join; the channel is archived');
}

/** Guests of the server are let into channels and make none. */
export function demandChannelCreation(serverRole: Role): void {
  if (!isAtLeast(serverRole, 'member')) {
    throw new AppError('forbidden', 'unable to create the channel; guests of the server make none');
  }
}
