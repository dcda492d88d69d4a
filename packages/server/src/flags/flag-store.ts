import type { FlagRule, UserId } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';
import type { FlagState } from './evaluate.ts';

/** A flag as it is stored. */
export interface FlagRow extends FlagState {
  readonly key: string;
  readonly changedAt: number;
  readonly changedBy: UserId | null;
}

const COLUMNS = 'key, rules, killed, changed_at AS "changedAt", changed_by AS "changedBy"';

/** All flags that somebody has changed; the others are as the code declares them. */
export function readFlags(on: Queryable): Promise<FlagRow[]> {
  return query<FlagRow>(on, `SELECT ${COLUMNS} FROM feature_flags ORDER BY key`);
}

/** The state of one flag under a lock, so that two who change it do so one after the other. */
export async function lockFlag(on: Queryable, key: string): Promise<FlagState> {
  await query(on, 'INSERT INTO feature_flags (key) VALUES ($1) ON CONFLICT DO NOTHING', [key]);
  const rows = await query<FlagState>(on, 'SELECT rules, killed FROM feature_flags WHERE key = $1 FOR UPDATE', [key]);
  return rows[0] ?? { rules: [], killed: false };
}

export async function writeFlag(
  on: Queryable,
  key: string,
  { rules, killed }: { rules: readonly FlagRule[]; killed: boolean },
  changedBy: UserId | null,
): Promise<void> {
  await query(
    on,
    'UPDATE feature_flags SET rules = $2, killed = $3, changed_by = $4, changed_at = clock_timestamp() WHERE key = $1',
    [key, JSON.stringify(rules), killed, changedBy],
  );
}
