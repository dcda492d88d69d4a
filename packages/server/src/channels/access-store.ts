import type { ChannelId, Role, UserId } from '@parley/protocol';
import type { ChannelFacts } from '../fanout/committed.ts';
import { prepared, type Queryable, query } from '../storage/postgres.ts';
import type { Access } from './permissions.ts';

/** The columns of `ChannelFacts`, for a channel row named `c`. */
export const FACTS = `c.id, c.kind, c.root_id AS "rootId", c.archived_at IS NOT NULL AS archived, c.permissions, c.access_rev AS "accessRev"`;

interface AccessRow {
  readonly channel: ChannelFacts;
  readonly root: ChannelFacts;
  readonly role: Role | null;
  readonly serverRole: Role;
  readonly isBanned: boolean;
}

const json = (alias: string) =>
  `json_build_object('id', ${alias}.id, 'kind', ${alias}.kind, 'rootId', ${alias}.root_id, 'archived', ${alias}.archived_at IS NOT NULL,
                     'permissions', ${alias}.permissions, 'accessRev', ${alias}.access_rev)`;

/** What an access decision looks at, and how far the channel and its root had got at that moment. */
export type AccessAt = Access & { readonly lastSeq: number; readonly rev: number };

const ACCESS = `
SELECT ${json('c')} AS channel, ${json('r')} AS root, m.role, u.role AS "serverRole",
       EXISTS (SELECT FROM channel_bans b WHERE b.channel_id = r.id AND b.user_id = $1) AS "isBanned"`;
const ACCESS_FROM = `
  FROM channels c
  JOIN channels r ON r.id = c.root_id
  JOIN users u ON u.id = $1 AND u.deactivated_at IS NULL
  LEFT JOIN channel_members m ON m.channel_id = r.id AND m.user_id = $1 AND m.left_at IS NULL
 WHERE c.id = $2`;

const ACCESS_NOW = prepared('access', `${ACCESS} ${ACCESS_FROM}`);
const ACCESS_AT = prepared('access_at', `${ACCESS}, c.last_seq AS "lastSeq", r.last_rev AS rev ${ACCESS_FROM}`);

/** Reads what an access decision needs, as it is now; null when there is no such channel or the user is not active. */
export async function readAccess(on: Queryable, userId: UserId, channelId: ChannelId): Promise<Access | null> {
  const rows = await query<AccessRow>(on, ACCESS_NOW, [userId, channelId]);
  const row = rows[0];
  return row === undefined ? null : { userId, ...row };
}

/** As `readAccess`, with how far the channel has got, all of one moment. */
export async function readAccessAt(on: Queryable, userId: UserId, channelId: ChannelId): Promise<AccessAt | null> {
  const rows = await query<AccessRow & Pick<AccessAt, 'lastSeq' | 'rev'>>(on, ACCESS_AT, [userId, channelId]);
  const row = rows[0];
  return row === undefined ? null : { userId, ...row };
}
