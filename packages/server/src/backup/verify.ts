import type pg from 'pg';
import { namesOfTables } from './catalog.ts';
import { CHECKS, type Check } from './checks.ts';

/** Enough to see what is wrong; the number tells how much. */
const MAX_EXAMPLES = 5;
/** Reported besides the checks: what the data is. */
const COUNTED = ['users', 'channels', 'channel_members', 'messages', 'reactions', 'mentions'];

export interface CheckResult {
  readonly name: string;
  readonly holds: string;
  readonly violations: number;
  readonly examples: readonly { readonly subject: string; readonly detail: string }[];
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly rows: Readonly<Record<string, number>>;
  readonly checks: readonly CheckResult[];
}

/**
 * Checks everything that Parley promises of its data, on one snapshot, while others go on working. PostgreSQL does the
 * counting (and spills to disk where it must), so that the memory needed here does not grow with the database.
 */
export async function verifyDatabase(client: pg.ClientBase): Promise<VerifyReport> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await client.query('SET LOCAL statement_timeout = 0');
    const tables = await namesOfTables(client);
    const rows: Record<string, number> = {};
    for (const table of COUNTED) rows[table] = await countRows(client, table);
    const checks: CheckResult[] = [];
    for (const check of CHECKS) {
      if (check.needs?.every((table) => tables.includes(table)) ?? true) checks.push(await runCheck(client, check));
    }
    return { ok: checks.every(({ violations }) => violations === 0), rows, checks };
  } finally {
    await client.query('ROLLBACK');
  }
}

async function countRows(client: pg.ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
  return rows[0]?.n ?? 0;
}

async function runCheck(client: pg.ClientBase, { name, holds, violations }: Check): Promise<CheckResult> {
  const { rows } = await client.query<{ subject: string; detail: string; total: number }>(
    `SELECT subject::text, detail, count(*) OVER () AS total FROM (${violations}) found LIMIT ${MAX_EXAMPLES}`,
  );
  return {
    name,
    holds,
    violations: rows[0]?.total ?? 0,
    examples: rows.map(({ subject, detail }) => ({ subject, detail })),
  };
}
