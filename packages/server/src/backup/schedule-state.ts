import { type Queryable, query } from '../storage/postgres.ts';

/** What all nodes know of the scheduled backups. Times are epoch milliseconds. */
export interface ScheduleState {
  /** When the last good one was begun. */
  readonly madeAt: number | null;
  /** When the last one was begun that did not come to an end. */
  readonly triedAt: number | null;
  /** Why, in words for operators. */
  readonly error: string | null;
}

/** Reads what is known; nothing before the first one. */
export async function readSchedule(on: Queryable): Promise<ScheduleState> {
  const [row] = await query<{ value: ScheduleState }>(
    on,
    `SELECT value FROM server_state WHERE key = 'backup_schedule'`,
  );
  return row?.value ?? { madeAt: null, triedAt: null, error: null };
}

/** Writes it down. */
export async function writeSchedule(on: Queryable, state: ScheduleState): Promise<void> {
  await query(
    on,
    `INSERT INTO server_state (key, value) VALUES ('backup_schedule', $1::jsonb)
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`,
    [JSON.stringify(state)],
  );
}
