import { isAtLeast, type Role, type UserId } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';
import { USER_COLUMNS, type UserRow } from './user-store.ts';

/** Who looks: guests see only the people they share, or shared, a channel with. */
export interface Viewer {
  readonly userId: UserId;
  readonly serverRole: Role;
}

/** People met in a channel stay known after they left it: their messages are still there. */
const MET = `(u.id = $1::uuid OR EXISTS (
  SELECT 1 FROM channel_members mine JOIN channel_members theirs USING (channel_id)
   WHERE mine.user_id = $1::uuid AND mine.left_at IS NULL AND theirs.user_id = u.id))`;

/** Above every character that a name can hold, so that a prefix is a range of the index. */
const LAST_CHARACTER = '\u{10ffff}';

export interface UserPage {
  /** Users whose user name or display name starts with this. */
  readonly query?: string | undefined;
  /** User name of the last user of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** One page of users by user name. Deactivated ones are listed for server admins only; null is the operator, who sees all. */
export function listUsers(on: Queryable, viewer: Viewer | null, page: UserPage): Promise<UserRow[]> {
  const prefix = (page.query ?? '').toLowerCase();
  const isAdmin = viewer === null || isAtLeast(viewer.serverRole, 'admin');
  return query<UserRow>(
    on,
    `SELECT ${USER_COLUMNS} FROM users u
      WHERE u.username COLLATE "C" > $2
        AND ($3 = '' OR (u.username COLLATE "C" BETWEEN $3 AND $4) OR (lower(u.display_name) COLLATE "C" BETWEEN $3 AND $4))
        AND ($5 OR u.deactivated_at IS NULL)
        AND ($6 OR ${MET})
      ORDER BY u.username COLLATE "C" LIMIT $7`,
    [viewer?.userId ?? null, page.after ?? '', prefix, prefix + LAST_CHARACTER, isAdmin, !isGuest(viewer), page.limit],
  );
}

/** The users with these ids, as far as the viewer may know them, in no order. */
export function readUsers(on: Queryable, viewer: Viewer, userIds: readonly UserId[]): Promise<UserRow[]> {
  return query<UserRow>(on, `SELECT ${USER_COLUMNS} FROM users u WHERE u.id = ANY($2::uuid[]) AND ($3 OR ${MET})`, [
    viewer.userId,
    userIds,
    !isGuest(viewer),
  ]);
}

function isGuest(viewer: Viewer | null): boolean {
  return viewer !== null && !isAtLeast(viewer.serverRole, 'member');
}
