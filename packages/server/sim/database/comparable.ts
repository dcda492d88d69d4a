import type pg from 'pg';
import type { PgError } from './pg-error.ts';
import type { Result } from './statement.ts';

/** Columns that hold a time: the clocks of the two differ, so it counts only whether there is one. */
const TIMES = /^(at|.*At|.*_at)$/;
/** Lists inside a row that come in no order. */
const UNORDERED: ReadonlySet<string> = new Set(['channels', 'channelIds']);
/** The same, as text. */
const UNORDERED_TEXT: ReadonlySet<string> = new Set(['own']);
const CONTROL = /^(begin|start|commit|rollback)/i;

/** What a statement said, in a form that is equal where PostgreSQL promises no more than that. */
export function comparable(sql: string, outcome: pg.QueryResult | Result | Error): unknown {
  if (outcome instanceof Error) return `error ${(outcome as PgError).code}`;
  if (CONTROL.test(sql)) return 'done';
  const rows = outcome.rows.map((row) => plain('', row));
  return /ORDER BY [^()]*$/.test(sql) ? rows : sorted(rows);
}

function plain(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (TIMES.test(name)) return 'a time';
  if (Array.isArray(value)) {
    const items = value.map((item) => plain('', item));
    return UNORDERED.has(name) ? sorted(items) : items;
  }
  if (typeof value === 'string' && UNORDERED_TEXT.has(name)) return value.split(',').sort();
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, plain(key, inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sorted(items: readonly unknown[]): unknown[] {
  const text = (item: unknown): string => JSON.stringify(item);
  return [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
