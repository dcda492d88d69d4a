import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Logger } from '../monitoring/logger.ts';
import { ranMigrations } from '../storage/compatibility.ts';
import { migrateUp, migrationStates } from '../storage/migrate.ts';
import { alone } from '../storage/migration-lock.ts';
import { connectApart, type Postgres, query } from '../storage/postgres.ts';
import { writeBackup } from './backup.ts';
import { DiskBackupFile } from './disk-backup.ts';
import { recordCare } from './records.ts';

/** Snapshots are kept here, below the data directory. */
export const SNAPSHOTS = 'snapshots';

export interface UpgradeOptions {
  /** Its statements may take as long as they need. */
  readonly postgres: Pick<Postgres, 'db' | 'pool'>;
  /** Where snapshots are kept. */
  readonly directory: string;
  /** How many of them are kept; 0: none is taken. */
  readonly keep: number;
  readonly serverVersion: string;
  readonly logger?: Pick<Logger, 'info'>;
}

/**
 * Brings the database to the newest schema. One that holds somebody's data is written to a snapshot first, so that an
 * upgrade can be undone even where its migrations cannot; when that fails, nothing is migrated. Of several nodes that start
 * at once one does it, and the others wait.
 */
export async function upgradeDatabase(options: UpgradeOptions): Promise<string[]> {
  const { postgres, keep, logger } = options;
  if (!(await isWaiting(postgres)) || !(await holdsData(postgres))) return await migrateUp(postgres.db);
  if (keep === 0) {
    logger?.info('no snapshot is taken before the migrations; PARLEY_UPGRADE_SNAPSHOTS is 0');
    return await migrateUp(postgres.db);
  }
  const client = await connectApart(postgres);
  try {
    const ask = async (text: string, values: readonly string[]) =>
      (await client.query<{ value: unknown }>(text, [...values])).rows[0]?.value;
    return await alone(ask, 'parley upgrade', async () => {
      if (await isWaiting(postgres)) await takeSnapshot(options, client);
      return await migrateUp(postgres.db);
    });
  } finally {
    await client.end();
  }
}

async function isWaiting({ db }: UpgradeOptions['postgres']): Promise<boolean> {
  return (await migrationStates(db)).some(({ ranAt }) => ranAt === null);
}

async function holdsData({ db }: UpgradeOptions['postgres']): Promise<boolean> {
  if ((await ranMigrations(db)).length === 0) return false;
  return (await query(db, 'SELECT FROM users LIMIT 1')).length > 0;
}

/** Attachments are left out: no migration touches them, and they stay where they are. */
async function takeSnapshot({ postgres, directory, keep, ...options }: UpgradeOptions, client: pg.ClientBase) {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const from = (await ranMigrations(postgres.db)).at(-1);
  const at = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const file = join(directory, `${at}.parley`);
  const { bytes } = await writeBackup({
    client,
    file: new DiskBackupFile(file),
    blobs: null,
    serverVersion: options.serverVersion,
  });
  await recordCare(client, 'last_upgrade', { from, snapshot: file });
  options.logger?.info({ file, bytes }, 'a snapshot was taken before the migrations');
  const kept = (await readdir(directory)).filter((name) => name.endsWith('.parley')).sort();
  for (const name of kept.slice(0, -keep)) await rm(join(directory, name), { force: true });
}

/** The last upgrade that began with a snapshot: the newest migration before it, and the file. */
export async function lastUpgrade({
  db,
}: UpgradeOptions['postgres']): Promise<{ from: string; snapshot: string } | undefined> {
  if ((await ranMigrations(db)).length === 0) return undefined;
  const [row] = await query<{ from: string; snapshot: string }>(
    db,
    `SELECT value->>'from' AS from, value->>'snapshot' AS snapshot FROM server_state WHERE key = 'last_upgrade'`,
  );
  return row;
}
