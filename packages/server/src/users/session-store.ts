import type { SessionId, UserId } from '@parley/protocol';
import { prepared, type Queryable, query } from '../storage/postgres.ts';
import { USER_COLUMNS, type UserRow } from './user-store.ts';

/** A session with its user, as one look finds them. */
export interface SessionFacts extends UserRow {
  readonly sessionId: SessionId;
  readonly expiresAt: number;
  readonly lastSeenAt: number;
}

const FACTS = `${USER_COLUMNS}, s.id AS "sessionId", s.expires_at AS "expiresAt", s.last_seen_at AS "lastSeenAt"`;

const BY_TOKEN = prepared(
  'sessions_by_token',
  `SELECT ${FACTS}, s.token_hash AS "tokenHash" FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.token_hash = ANY($1::bytea[])`,
);
const BY_ID = prepared(
  'sessions_by_id',
  `SELECT ${FACTS} FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ANY($1::uuid[])`,
);

/** Several tokens in one statement: after an outage they come by thousands. In no order. */
export function findSessions(
  on: Queryable,
  tokenHashes: readonly Buffer[],
): Promise<(SessionFacts & { readonly tokenHash: Buffer })[]> {
  return query(on, BY_TOKEN, [tokenHashes]);
}

/** Those of the sessions that still exist, in no order. */
export function readSessions(on: Queryable, ids: readonly string[]): Promise<SessionFacts[]> {
  return query(on, BY_ID, [ids]);
}

export interface NewSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly tokenHash: Buffer;
  readonly nowMs: number;
  readonly expiresAtMs: number;
  readonly userAgent: string;
  readonly address: string;
}

export async function insertSession(on: Queryable, session: NewSession): Promise<void> {
  await query(
    on,
    `INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $7)`,
    [
      session.id,
      session.userId,
      session.tokenHash,
      new Date(session.nowMs),
      new Date(session.expiresAtMs),
      session.userAgent,
      session.address,
    ],
  );
}

export interface SessionRow {
  readonly id: SessionId;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly userAgent: string;
  readonly address: string;
}

/** The user's sessions that have not expired, the last used first. */
export function listSessions(on: Queryable, userId: UserId, nowMs: number): Promise<SessionRow[]> {
  return query(
    on,
    `SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt", expires_at AS "expiresAt", user_agent AS "userAgent", address
       FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC, id DESC`,
    [userId, new Date(nowMs)],
  );
}

/** Ends one session of this user; false when there is none with this id. */
export async function deleteSession(on: Queryable, userId: UserId, sessionId: string): Promise<boolean> {
  const rows = await query(on, 'DELETE FROM sessions WHERE id = $2 AND user_id = $1 RETURNING id', [userId, sessionId]);
  return rows.length > 0;
}

/** Ends all sessions of a user but one, and says how many. */
export async function deleteOtherSessions(on: Queryable, userId: UserId, except: string | null): Promise<number> {
  const rows = await query(
    on,
    'DELETE FROM sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid RETURNING id',
    [userId, except],
  );
  return rows.length;
}

/** Ends what a user has beyond `keep` sessions, the longest unused first, and gives their ids. */
export async function deleteExcessSessions(on: Queryable, userId: UserId, keep: number): Promise<SessionId[]> {
  const rows = await query<{ id: SessionId }>(
    on,
    `DELETE FROM sessions WHERE id IN
       (SELECT id FROM sessions WHERE user_id = $1 ORDER BY last_seen_at DESC, id DESC OFFSET $2)
     RETURNING id`,
    [userId, keep],
  );
  return rows.map((row) => row.id);
}

export interface Touch {
  readonly id: string;
  readonly seenAtMs: number;
  readonly expiresAtMs: number;
}

/** Moves the last use of sessions forward, never back. Locks in id order, as every other batch does. */
export async function touchSessions(on: Queryable, touches: readonly Touch[]): Promise<void> {
  await query(
    on,
    `WITH seen AS (
       SELECT s.id, t.seen_at, t.expires_at
         FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS t(id, seen_at, expires_at)
         JOIN sessions s ON s.id = t.id ORDER BY s.id FOR NO KEY UPDATE OF s)
     UPDATE sessions s SET last_seen_at = greatest(s.last_seen_at, seen.seen_at), expires_at = greatest(s.expires_at, seen.expires_at)
       FROM seen WHERE s.id = seen.id`,
    [
      touches.map((touch) => touch.id),
      touches.map((touch) => new Date(touch.seenAtMs)),
      touches.map((touch) => new Date(touch.expiresAtMs)),
    ],
  );
}

/** Removes what has expired, in a bounded bite, and says how many. */
export async function purgeSessions(on: Queryable, nowMs: number, atMost: number): Promise<number> {
  const rows = await query(
    on,
    'DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT $2) RETURNING id',
    [new Date(nowMs), atMost],
  );
  return rows.length;
}
