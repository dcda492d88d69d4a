import { isAtLeast } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { UserRow } from './user-store.ts';

type Ranked = Pick<UserRow, 'role' | 'deactivated'>;

/** Server-wide management is for admins and owners who are still active. */
export function demandAdmin(actor: Ranked, task: string): void {
  if (actor.deactivated || !isAtLeast(actor.role, 'admin')) {
    throw new AppError('forbidden', `unable to ${task}; only admins of the server may`);
  }
}

/** One manages those of at most one's own rank; owners only by owners. */
export function demandRank(actor: Ranked, target: Pick<UserRow, 'role'>, task: string): void {
  demandAdmin(actor, task);
  if (!isAtLeast(actor.role, target.role)) {
    throw new AppError('forbidden', `unable to ${task}; the role is stronger than one's own`);
  }
}

/** The server always has a person who may do everything: refuses what would leave it without one. */
export function demandOwnerLeft(users: readonly UserRow[], leaving: UserRow): void {
  const isOwner = (user: UserRow) => user.role === 'owner' && !user.deactivated && user.kind === 'human';
  if (isOwner(leaving) && !users.some((user) => user.id !== leaving.id && isOwner(user))) {
    throw new AppError('last_owner', 'unable to take the role; name another owner first');
  }
}
