import type { UserId } from '@parley/protocol';
import { type Database, query } from '../storage/postgres.ts';

/** How long an answer is kept for repeats. */
export const KEEP_MS = 86_400_000;
/** A request that has been running for longer has lost its node: a repeat may take its place. */
const ABANDONED_MS = 60_000;
const BITE = 5_000;

/** A key as it is stored: its hash, so that what is stored does not tell which keys a client uses. */
export interface KeyRow {
  readonly userId: UserId;
  readonly keyHash: string;
  readonly requestHash: Buffer;
}

/** What is known of a key that is taken. */
export interface TakenKey {
  readonly requestHash: Buffer;
  /** Null while the first request runs. */
  readonly status: number | null;
  /** Null when the answer held a secret. */
  readonly response: unknown;
}

/** Takes the key for a request: null when it was free, else what the first request with it has left. */
export async function takeKey(db: Database, key: KeyRow, nowMs: number): Promise<TakenKey | null> {
  const taken = await query(
    db,
    `INSERT INTO idempotency_keys AS k (user_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (user_id, key) DO UPDATE
       SET request_hash = excluded.request_hash, created_at = excluded.created_at, status = NULL, response = NULL
       WHERE k.created_at < $5 OR (k.status IS NULL AND k.created_at < $6)
     RETURNING 1`,
    [
      key.userId,
      key.keyHash,
      key.requestHash,
      new Date(nowMs),
      new Date(nowMs - KEEP_MS),
      new Date(nowMs - ABANDONED_MS),
    ],
  );
  if (taken.length > 0) return null;
  const rows = await query<TakenKey>(
    db,
    'SELECT request_hash AS "requestHash", status, response FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [key.userId, key.keyHash],
  );
  // Given back between the two looks: its request was refused, and this one comes right after it.
  return rows[0] ?? { requestHash: key.requestHash, status: null, response: null };
}

/** Keeps the answer for repeats. */
export async function keepAnswer(db: Database, key: KeyRow, status: number, response: unknown): Promise<void> {
  await query(
    db,
    'UPDATE idempotency_keys SET status = $3, response = $4 WHERE user_id = $1 AND key = $2 AND status IS NULL',
    [key.userId, key.keyHash, status, response === null ? null : JSON.stringify(response)],
  );
}

/** Gives the key back: the request changed nothing. */
export async function giveKeyBack(db: Database, key: KeyRow): Promise<void> {
  await query(db, 'DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND status IS NULL', [
    key.userId,
    key.keyHash,
  ]);
}

/** Removes what is older than its time, in bounded bites. */
export async function purgeKeys(db: Database, nowMs: number): Promise<void> {
  for (;;) {
    const gone = await query(
      db,
      `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at < $1 LIMIT ${BITE}))
       RETURNING 1`,
      [new Date(nowMs - KEEP_MS)],
    );
    if (gone.length < BITE) return;
  }
}
