import type pg from 'pg';
import { type Queryable, query } from '../storage/postgres.ts';

/** What is remembered of the care of a database, in `server_state`. */
export type CareRecord = 'last_backup' | 'last_verify' | 'last_upgrade';

/** Records that a backup is sound or a verify was good, now by the database's clock. */
export async function recordCare(client: pg.ClientBase, key: CareRecord, facts: object): Promise<void> {
  await client.query(
    `INSERT INTO server_state (key, value) VALUES ($1, $2::jsonb || jsonb_build_object('at', now()))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    [key, JSON.stringify(facts)],
  );
}

/** The newest backup that was read back and found whole, wherever it was made. */
export interface LastBackup {
  /** Epoch milliseconds of the moment that it holds. */
  readonly snapshotAt: number;
  /** How long ago that was, by the database's clock. */
  readonly ageMs: number;
  readonly place: string | null;
}

/** Reads the last verified backup; null before the first. */
export async function readLastBackup(on: Queryable): Promise<LastBackup | null> {
  const [row] = await query<LastBackup>(
    on,
    `SELECT b.at AS "snapshotAt", (extract(epoch FROM now() - b.at) * 1000)::float8 AS "ageMs", b.place
       FROM (SELECT (value->>'snapshotAt')::timestamptz AS at, value->>'place' AS place
               FROM server_state WHERE key = 'last_backup') b`,
  );
  return row ?? null;
}
