/** Roles in a channel, strongest first; the same words are used for the whole server. */
export const ROLES = ['owner', 'admin', 'member', 'guest'] as const;
export type Role = (typeof ROLES)[number];

/** What can be allowed to a role in one channel. */
export const ACTIONS = [
  'channel.read',
  'channel.update',
  'channel.archive',
  'channel.permissions',
  'member.invite',
  'member.kick',
  'member.ban',
  'member.role',
  'message.send',
  'message.edit_own',
  'message.delete_own',
  'message.delete_any',
  'message.pin',
  'message.react',
  'message.history',
  'message.attach',
  'mention.everyone',
  'thread.reply',
] as const;
export type Action = (typeof ACTIONS)[number];

const GUEST: readonly Action[] = [
  'channel.read',
  'message.send',
  'message.edit_own',
  'message.delete_own',
  'message.react',
  'message.history',
  'message.attach',
  'thread.reply',
];
const MEMBER: readonly Action[] = [...GUEST, 'member.invite', 'message.pin', 'mention.everyone'];
const ADMIN: readonly Action[] = [
  ...MEMBER,
  'channel.update',
  'channel.archive',
  'member.kick',
  'member.ban',
  'member.role',
  'message.delete_any',
];

/** The table that holds where a channel has no permissions of its own. */
export const DEFAULT_PERMISSIONS: Readonly<Record<Role, readonly Action[]>> = {
  owner: ACTIONS,
  admin: ADMIN,
  member: MEMBER,
  guest: GUEST,
};

/** True when `a` is at least as strong as `b`. */
export function isAtLeast(a: Role, b: Role): boolean {
  return ROLES.indexOf(a) <= ROLES.indexOf(b);
}

/** What an API key may do; a key holds a subset. */
export const SCOPES = ['read', 'write', 'manage', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
