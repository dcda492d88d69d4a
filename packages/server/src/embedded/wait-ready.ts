import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresProcess } from './postgres-process.ts';

/** What is waited for. */
export interface WaitOptions {
  readonly server: PostgresProcess;
  readonly clusterDir: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 250;
const REMINDER_MS = 5_000;

/** Line of `postmaster.pid` that holds the state, as `pg_ctl` reads it. */
const STATE_LINE = 7;

/**
 * Waits until PostgreSQL accepts connections; false when it ended first. There is no deadline: replaying the log after
 * a crash takes as long as it takes.
 */
export async function waitUntilReady({ server, clusterDir, log, signal }: WaitOptions): Promise<boolean> {
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  let nextReminder = performance.now() + REMINDER_MS;
  for (let pauseMs = FIRST_PAUSE_MS; !hasEnded; pauseMs = Math.min(pauseMs * 1.2, LONGEST_PAUSE_MS)) {
    if (isReady(clusterDir, server.pid)) return true;
    if (performance.now() > nextReminder) {
      log('still waiting for PostgreSQL; after a crash it replays its log first');
      nextReminder += REMINDER_MS;
    }
    await delay(pauseMs, undefined, signal === undefined ? undefined : { signal });
  }
  return false;
}

/** Creates the database if this server has none yet; gives the server's version. */
export async function ensureDatabase(config: pg.PoolConfig & { readonly database: string }): Promise<string> {
  const client = new pg.Client({ ...config, database: 'postgres' });
  client.on('error', () => {}); // The pending call fails as well; without a listener this would end the process.
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; exists: boolean }>(
      `SELECT current_setting('server_version') AS version, EXISTS (SELECT FROM pg_database WHERE datname = $1)`,
      [config.database],
    );
    if (!rows[0]?.exists) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(config.database)}`);
    return rows[0]?.version ?? '';
  } finally {
    await client.end();
  }
}

function isReady(clusterDir: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n');
    return lines[0] === String(pid) && lines[STATE_LINE]?.trim() === 'ready';
  } catch {
    return false; // Not written yet, or removed by a server that has just given up.
  }
}
