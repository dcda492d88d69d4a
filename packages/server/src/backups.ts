import { resolve } from 'node:path';
import type { BackupFile, BackupShelf } from './backup/backup-file.ts';
import { BucketBackupFile, BucketBackupShelf } from './backup/bucket-backup.ts';
import { DiskBackupFile, DiskBackupShelf } from './backup/disk-backup.ts';
import { type BucketConfig, openBucket } from './files.ts';
import { StartError } from './lib/start-error.ts';

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
