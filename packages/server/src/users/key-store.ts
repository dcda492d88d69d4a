import type { ApiKeyView, Scope, UserId } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';
import { USER_COLUMNS, type UserRow } from './user-store.ts';

/** A key with its user, as one look finds them. */
export interface KeyFacts extends UserRow {
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

const FACTS = `${USER_COLUMNS}, k.id AS "keyId", k.scopes, k.expires_at AS "expiresAt", k.last_used_at AS "lastUsedAt"`;

export async function findKey(on: Queryable, secretHash: Buffer): Promise<KeyFacts | null> {
  const rows = await query<KeyFacts>(
    on,
    `SELECT ${FACTS} FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.secret_hash = $1`,
    [secretHash],
  );
  return rows[0] ?? null;
}

/** Those of the keys that still exist, in no order. */
export function readKeys(on: Queryable, ids: readonly string[]): Promise<KeyFacts[]> {
  return query(on, `SELECT ${FACTS} FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ANY($1::uuid[])`, [
    ids,
  ]);
}

const VIEW = `k.id, k.user_id AS "userId", k.name, k.scopes, k.created_at AS "createdAt", k.last_used_at AS "lastUsedAt",
              k.expires_at AS "expiresAt"`;

export interface NewKey {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly Scope[];
  readonly nowMs: number;
  readonly expiresAtMs: number | null;
}

export async function insertKey(on: Queryable, key: NewKey): Promise<ApiKeyView | null> {
  const rows = await query<ApiKeyView>(
    on,
    `INSERT INTO api_keys AS k (id, user_id, name, secret_hash, scopes, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${VIEW}`,
    [
      key.id,
      key.userId,
      key.name,
      key.secretHash,
      key.scopes,
      new Date(key.nowMs),
      key.expiresAtMs === null ? null : new Date(key.expiresAtMs),
    ],
  );
  return rows[0] ?? null;
}

/** All keys, or one bot's, the newest first. */
export function listKeys(on: Queryable, userId: UserId | null): Promise<ApiKeyView[]> {
  return query(
    on,
    `SELECT ${VIEW} FROM api_keys k WHERE $1::uuid IS NULL OR k.user_id = $1 ORDER BY k.created_at DESC, k.id DESC`,
    [userId],
  );
}

/** Whose key it is. */
export async function findKeyUser(on: Queryable, keyId: string): Promise<UserId | null> {
  const rows = await query<{ userId: UserId }>(on, 'SELECT user_id AS "userId" FROM api_keys WHERE id = $1', [keyId]);
  return rows[0]?.userId ?? null;
}

/** Ends a key; gives whose it was, or null when there is none. */
export async function deleteKey(on: Queryable, keyId: string): Promise<UserId | null> {
  const rows = await query<{ userId: UserId }>(on, 'DELETE FROM api_keys WHERE id = $1 RETURNING user_id AS "userId"', [
    keyId,
  ]);
  return rows[0]?.userId ?? null;
}

export async function touchKeys(on: Queryable, touches: readonly { id: string; seenAtMs: number }[]): Promise<void> {
  await query(
    on,
    `WITH used AS (
       SELECT k.id, t.used_at FROM unnest($1::uuid[], $2::timestamptz[]) AS t(id, used_at)
         JOIN api_keys k ON k.id = t.id ORDER BY k.id FOR NO KEY UPDATE OF k)
     UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, used.used_at) FROM used WHERE k.id = used.id`,
    [touches.map((touch) => touch.id), touches.map((touch) => new Date(touch.seenAtMs))],
  );
}
