import type { UserId, UserView } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';
import { USER_COLUMNS, type UserRow, userView } from '../users/user-store.ts';
import { type Availability, type OwnStatus, PLAIN_STATUS } from './presence.ts';

/** What the database knows of a user's whereabouts. */
export interface UserRecord {
  readonly userId: UserId;
  readonly user: UserView;
  readonly status: OwnStatus;
  readonly lastSeenAt: number | null;
}

interface RecordRow extends UserRow {
  readonly lastSeenAt: number | null;
  readonly availability: Availability | null;
  readonly doNotDisturb: boolean | null;
  readonly text: string | null;
  readonly emoji: string | null;
  readonly until: number | null;
}

/** Reads those of the users who exist. */
export async function readRecords(on: Queryable, userIds: readonly UserId[]): Promise<UserRecord[]> {
  const rows = await query<RecordRow>(
    on,
    `SELECT ${USER_COLUMNS}, u.last_seen_at AS "lastSeenAt", s.availability, s.do_not_disturb AS "doNotDisturb", s.text, s.emoji, s.until
       FROM users u LEFT JOIN user_statuses s ON s.user_id = u.id
      WHERE u.id = ANY($1::uuid[])`,
    [userIds],
  );
  return rows.map((row) => ({
    userId: row.id,
    user: userView(row),
    lastSeenAt: row.lastSeenAt,
    status: {
      availability: row.availability ?? PLAIN_STATUS.availability,
      doNotDisturb: row.doNotDisturb ?? PLAIN_STATUS.doNotDisturb,
      text: row.text ?? PLAIN_STATUS.text,
      emoji: row.emoji ?? PLAIN_STATUS.emoji,
      until: row.until,
    },
  }));
}

/** Replaces what a user says of himself. */
export async function writeStatus(on: Queryable, userId: UserId, status: OwnStatus): Promise<void> {
  await query(
    on,
    `INSERT INTO user_statuses (user_id, availability, do_not_disturb, text, emoji, until)
     VALUES ($1, $2, $3, $4, $5, to_timestamp($6::double precision / 1000))
     ON CONFLICT (user_id) DO UPDATE
        SET availability = EXCLUDED.availability, do_not_disturb = EXCLUDED.do_not_disturb, text = EXCLUDED.text,
            emoji = EXCLUDED.emoji, until = EXCLUDED.until`,
    [userId, status.availability, status.doNotDisturb, status.text, status.emoji, status.until],
  );
}

/** Rows of one statement, so that none holds its row locks for long. */
const CHUNK = 1_000;

/** Stores when users were last seen; forward only, and never of those who are invisible. */
export async function saveLastSeen(on: Queryable, seenAt: ReadonlyMap<UserId, number>): Promise<void> {
  const entries = [...seenAt];
  for (let start = 0; start < entries.length; start += CHUNK) await saveChunk(on, entries.slice(start, start + CHUNK));
}

/** Locks in order, so that two nodes that have seen the same users do not wait for each other. */
async function saveChunk(on: Queryable, entries: readonly (readonly [UserId, number])[]): Promise<void> {
  await query(
    on,
    `WITH held AS MATERIALIZED (
       SELECT u.id, n.at FROM unnest($1::uuid[], $2::double precision[]) AS n(id, at)
         JOIN users u ON u.id = n.id ORDER BY u.id FOR NO KEY UPDATE OF u)
     UPDATE users u SET last_seen_at = to_timestamp(h.at / 1000)
       FROM held h
      WHERE u.id = h.id AND (u.last_seen_at IS NULL OR u.last_seen_at < to_timestamp(h.at / 1000))
        AND NOT EXISTS (SELECT FROM user_statuses s WHERE s.user_id = u.id AND s.availability = 'invisible')`,
    [entries.map(([userId]) => userId), entries.map(([, atMs]) => atMs)],
  );
}

/** Those of the users who are together with `userId` in some channel. */
export async function readCompanions(on: Queryable, userId: UserId, userIds: readonly UserId[]): Promise<UserId[]> {
  const rows = await query<{ id: UserId }>(
    on,
    `SELECT DISTINCT b.user_id AS id
       FROM channel_members a JOIN channel_members b ON b.channel_id = a.channel_id AND b.left_at IS NULL
      WHERE a.user_id = $1 AND a.left_at IS NULL AND b.user_id = ANY($2::uuid[])`,
    [userId, userIds],
  );
  return rows.map((row) => row.id);
}
