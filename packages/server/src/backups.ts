import { resolve } from 'node:path';
import type { BlobStore } from './attachments/blob-store.ts';
import type { BackupFile, BackupShelf } from './backup/backup-file.ts';
import { BackupSchedule } from './backup/backup-schedule.ts';
import { BucketBackupFile, BucketBackupShelf } from './backup/bucket-backup.ts';
import { DiskBackupFile, DiskBackupShelf } from './backup/disk-backup.ts';
import type { Config } from './config/settings.ts';
import { type BucketConfig, openBucket } from './files.ts';
import type { Clock } from './lib/clock.ts';
import { StartError } from './lib/start-error.ts';
import { VERSION } from './lib/version.ts';
import type { Logger } from './monitoring/logger.ts';
import type { Metrics } from './monitoring/metrics.ts';
import type { Postgres } from './storage/postgres.ts';

export interface BackupsPorts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly main: Postgres;
}

/** What makes backups by itself; null where no place for them is named. */
export function buildBackups(ports: BackupsPorts, blobs: BlobStore): BackupSchedule | null {
  const { config, clock, logger, metrics, main } = ports;
  if (config.backupTo === undefined) return null;
  return new BackupSchedule({
    postgres: main,
    shelf: openBackupShelf(config, config.backupTo),
    blobs,
    rhythm: config.backupSchedule,
    keep: config.backupKeep,
    serverVersion: VERSION,
    clock,
    logger,
    onOutcome: (outcome) => metrics.backedUp(outcome),
  });
}

const IN_BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w./-]*))?$/;

/** One backup, at a path or at `s3://bucket/key`; the bucket is reached as that of attachments is. */
export function openBackupFile(config: BucketConfig, place: string): BackupFile {
  const inBucket = bucketOf(place);
  if (inBucket === null) return new DiskBackupFile(resolve(place));
  if (inBucket.key === '' || inBucket.key.endsWith('/')) throw badPlace(place, 'it names no object');
  return new BucketBackupFile(openBucket(config, inBucket.bucket), inBucket.key);
}

/** A place for many backups: a directory, or `s3://bucket/prefix`. */
export function openBackupShelf(config: BucketConfig, place: string): BackupShelf {
  const inBucket = bucketOf(place);
  if (inBucket === null) return new DiskBackupShelf(resolve(place));
  const { bucket, key } = inBucket;
  return new BucketBackupShelf(openBucket(config, bucket), key === '' || key.endsWith('/') ? key : `${key}/`);
}

function bucketOf(place: string): { bucket: string; key: string } | null {
  if (!place.startsWith('s3:')) return null;
  const [, bucket, key = ''] = IN_BUCKET.exec(place) ?? [];
  if (bucket === undefined) throw badPlace(place, 'it does not read like s3://bucket/key');
  return { bucket, key };
}

function badPlace(place: string, reason: string): StartError {
  return new StartError({
    code: 'bad_place',
    message: `unable to use ${place} for backups; ${reason}`,
    hint: 'Name a path, or s3://bucket/key with letters, digits and ._/- only.',
  });
}
