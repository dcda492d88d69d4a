import type pg from 'pg';

/** What is remembered of the care of a database; a metric tells the age of each. */
export type CareRecord = 'last_backup' | 'last_verify' | 'last_upgrade';

/** Records that a backup was written or a verify was good, now by the database's clock, in `server_state`. */
export async function recordCare(client: pg.ClientBase, key: CareRecord, facts: object): Promise<void> {
  await client.query(
    `INSERT INTO server_state (key, value) VALUES ($1, $2::jsonb || jsonb_build_object('at', now()))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    [key, JSON.stringify(facts)],
  );
}
