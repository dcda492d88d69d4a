import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readLastBackup } from '../backup/records.ts';
import { readSchedule } from '../backup/schedule-state.ts';
import { openBackupShelf } from '../backups.ts';
import type { Config } from '../config/settings.ts';
import { periodOf } from '../lib/rhythm.ts';
import { StartError } from '../lib/start-error.ts';
import { type Database, query } from '../storage/postgres.ts';
import { type Finding, failed, warning, well } from './diagnosis.ts';

/** By hand once a week, if not by itself. */
const STALE_MS = 7 * 86_400_000;
/** Some time to make it, and to try again, over the time between two. */
const LATE_FACTOR = 1.5;
const HOUR_MS = 3_600_000;

const BY_HAND =
  'Set PARLEY_BACKUP_TO, or run `parley backup FILE` every night; and see by `parley verify FILE` that it can be used.';

/** Whether what is stored could be had back. */
export async function diagnoseBackup(db: Database, config: Config): Promise<Finding> {
  const [state] = await query<{ exists: boolean }>(db, `SELECT to_regclass('server_state') IS NOT NULL AS exists`);
  if (state?.exists !== true) return well('backup', 'nothing to back up yet');
  const [last, { error }] = await Promise.all([readLastBackup(db), readSchedule(db)]);
  if (config.backupTo !== undefined && error !== null) {
    return failed(
      'backup',
      `the last try failed: ${error}`,
      'See the log, and ParleyBackupFailed in docs/operations.md.',
    );
  }
  const advice = config.backupTo === undefined ? BY_HAND : 'Is a server running, with this setting? See its log.';
  if (last === null) return warning('backup', 'none was ever read back whole', advice);
  const found = `that of ${new Date(last.snapshotAt).toISOString()} was read back whole, ${ageOf(last.ageMs)} ago${last.place === null ? '' : `: ${last.place}`}`;
  const limitMs = config.backupTo === undefined ? STALE_MS : periodOf(config.backupSchedule) * LATE_FACTOR;
  return last.ageMs < limitMs ? well('backup', found) : warning('backup', found, advice);
}

/** Whether scheduled backups have a place; nothing when none are asked for. Nothing is written. */
export async function diagnoseBackupPlace(config: Config): Promise<Finding[]> {
  const { backupTo } = config;
  if (backupTo === undefined) return [];
  const isBucket = backupTo.startsWith('s3:');
  try {
    const shelf = openBackupShelf(config, backupTo);
    const names = await shelf.list();
    if (!isBucket) await demandWritable(resolve(backupTo));
    return [well('backups', `${names.filter((name) => name.endsWith('.gz')).length} in ${shelf.name}`)];
  } catch (error) {
    if (error instanceof StartError) return [failed('backups', error.message, error.hint)];
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const found = `${backupTo} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
    return [failed('backups', found, isBucket ? 'Correct the settings PARLEY_S3_…' : 'Correct PARLEY_BACKUP_TO.')];
  }
}

/** The first backup makes the directory. */
async function demandWritable(directory: string): Promise<void> {
  const isThere = await access(directory).then(
    () => true,
    () => false,
  );
  await access(isThere ? directory : dirname(directory), constants.W_OK);
}

function ageOf(ageMs: number): string {
  const hours = Math.floor(ageMs / HOUR_MS);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
