import type { ChannelSummary } from '@parley/client';
import type { UserView } from '@parley/protocol';
import { type Action, DEFAULT_PERMISSIONS, isAtLeast } from '@parley/protocol/constants';

/** Reading and leaving stay possible in an archived channel, and bringing it back. */
const POSSIBLE_WHEN_ARCHIVED: ReadonlySet<Action> = new Set(['channel.read', 'message.history', 'channel.archive']);

/** Whether to offer an action. The server decides; this only spares people buttons that would be refused. */
export function mayIn(info: ChannelSummary | null, action: Action): boolean {
  const role = info?.membership?.role;
  if (info === null || role === undefined) return false;
  const { channel } = info;
  if (channel.archivedAt !== null && !POSSIBLE_WHEN_ARCHIVED.has(action)) return false;
  if (channel.kind === 'direct' && /^(?:channel\.(?!read)|member\.)/.test(action)) return false;
  return (channel.permissions[role] ?? DEFAULT_PERMISSIONS[role]).includes(action);
}

/** True for those who manage the whole server. */
export function isServerAdmin(user: UserView | null): boolean {
  return user !== null && isAtLeast(user.role, 'admin');
}
