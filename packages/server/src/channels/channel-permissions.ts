import { ACTIONS, type Action, ROLES, type Role } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';

type Table = Partial<Record<Role, readonly Action[]>>;

/**
 * Makes a channel's own table ready to be stored: each action once, in the order of `ACTIONS`. Owners keep everything, and
 * members can always read: live events go to all who are members, so who may not read must not be one.
 */
export function normalPermissions(table: Table): Table {
  const normal: Partial<Record<Role, Action[]>> = {};
  for (const role of ROLES) {
    const given = table[role];
    if (given === undefined) continue;
    const actions = ACTIONS.filter((action) => given.includes(action));
    if (role === 'owner') {
      if (actions.length < ACTIONS.length) throw refused('owner', 'owners keep every action');
    } else if (!actions.includes('channel.read')) throw refused(role, 'whoever is in a channel can read it');
    else normal[role] = actions;
  }
  return normal;
}

function refused(role: Role, reason: string): AppError {
  return new AppError('bad_request', `unable to set the permissions; ${reason}`, {
    issues: [{ path: `permissions.${role}`, message: reason }],
  });
}
