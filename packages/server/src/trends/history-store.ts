import type { Figures } from '../monitoring/figures.ts';
import { type Queryable, query } from '../storage/postgres.ts';

/** What one node did in one interval, as it is stored. */
export interface HistoryRow extends Figures {
  /** Length of the interval in seconds. */
  readonly step: number;
  /** Epoch milliseconds at which the interval begins. */
  readonly at: number;
  readonly node: string;
  readonly version: string;
}

/** Columns by their names in `HistoryRow`. */
const COLUMNS = {
  step: 'step',
  at: 'at',
  node: 'node',
  version: 'version',
  seconds: 'seconds',
  connections: 'connections',
  users: 'users',
  queueDepth: 'queue_depth',
  queueAgeMs: 'queue_age_ms',
  loopDelayMs: 'loop_delay_ms',
  messages: 'messages',
  commands: 'commands',
  failed: 'failed',
  outboxBytes: 'outbox_bytes',
  repairs: 'repairs',
  slow: 'slow',
  latency: 'latency',
  errors: 'errors',
} as const satisfies Record<keyof HistoryRow, string>;

const NAMES = Object.values(COLUMNS);
const SELECTED = Object.entries(COLUMNS)
  .map(([field, column]) => `${column} AS "${field}"`)
  .join(', ');

/** A row is told whole each time it has grown, so telling it again changes nothing. */
const WRITE = `
INSERT INTO metrics_history (${NAMES.join(', ')})
SELECT ${NAMES.join(', ')} FROM jsonb_populate_recordset(NULL::metrics_history, $1::jsonb)
ON CONFLICT (step, at, node) DO UPDATE SET ${NAMES.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`;

/** Writes rows, new ones and those that have grown, by one statement. */
export async function writeHistory(on: Queryable, rows: readonly HistoryRow[]): Promise<void> {
  const records = rows.map((row) => {
    const entries = Object.entries(COLUMNS).map(([field, column]) => [column, row[field as keyof HistoryRow]]);
    return { ...Object.fromEntries(entries), at: new Date(row.at).toISOString() };
  });
  await query(on, WRITE, [JSON.stringify(records)]);
}

export interface HistoryRange {
  readonly step: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly node?: string | undefined;
}

/** The rows of all nodes, or of one, by time. */
export function readHistory(on: Queryable, { step, sinceMs, untilMs, node }: HistoryRange): Promise<HistoryRow[]> {
  return query<HistoryRow>(
    on,
    `SELECT ${SELECTED} FROM metrics_history
      WHERE step = $1 AND at >= $2 AND at < $3 AND ($4::text IS NULL OR node = $4) ORDER BY at, node`,
    [step, new Date(sinceMs), new Date(untilMs), node ?? null],
  );
}

/** Forgets the rows of a step that begin before a time. */
export async function forgetHistory(on: Queryable, step: number, beforeMs: number): Promise<void> {
  await query(on, 'DELETE FROM metrics_history WHERE step = $1 AND at < $2', [step, new Date(beforeMs)]);
}
