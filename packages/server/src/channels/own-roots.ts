import type { Action, ChannelId, Role, UserId } from '@parley/protocol';
import type { ChannelFacts } from '../fanout/committed.ts';
import { AppError } from '../lib/app-error.ts';
import { type Queryable, query } from '../storage/postgres.ts';
import { decide, type Grant } from './permissions.ts';

const OWN_ROOTS = `
SELECT json_build_object('id', c.id, 'kind', c.kind, 'rootId', c.root_id, 'archived', c.archived_at IS NOT NULL,
                         'permissions', c.permissions, 'accessRev', c.access_rev) AS channel,
       m.role, u.role AS "serverRole"
  FROM channel_members m
  JOIN channels c ON c.id = m.channel_id AND c.kind <> 'thread'
  JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL
 WHERE m.user_id = $1 AND m.left_at IS NULL`;

interface OwnRootRow {
  readonly channel: ChannelFacts;
  readonly role: Role;
  readonly serverRole: Role;
}

/** The root channels that a user is in and may do something in, as it is now; each also speaks for its threads. */
export async function grantedRoots<A extends Action>(on: Queryable, userId: UserId, action: A): Promise<Grant<A>[]> {
  const rows = await query<OwnRootRow>(on, OWN_ROOTS, [userId]);
  return rows.flatMap(({ channel, role, serverRole }) => {
    const decision = decide({ userId, serverRole, channel, root: channel, role, isBanned: false }, action);
    return decision instanceof AppError ? [] : [decision];
  });
}

/** Of these channels the one of this name, whatever its case; null when there is none. */
export async function findByName(on: Queryable, grants: readonly Grant[], name: string): Promise<ChannelId | null> {
  const rows = await query<{ id: ChannelId }>(
    on,
    'SELECT id FROM channels WHERE id = ANY($1::uuid[]) AND (lower(name) = lower($2) OR id::text = $2) LIMIT 1',
    [grants.map((grant) => grant.root.id), name],
  );
  return rows[0]?.id ?? null;
}
