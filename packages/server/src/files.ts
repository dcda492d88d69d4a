import { join } from 'node:path';
import { Attachments, MAX_PIXELS } from './attachments/attachments.ts';
import type { BlobStore } from './attachments/blob-store.ts';
import { DiskBlobStore } from './attachments/disk-blob-store.ts';
import { FileCollector } from './attachments/file-collector.ts';
import { type LookAtPicture, loadPictures } from './attachments/pictures.ts';
import { S3BlobStore } from './attachments/s3-blob-store.ts';
import { S3Bucket } from './attachments/s3-bucket.ts';
import type { Config } from './config/settings.ts';
import type { Clock } from './lib/clock.ts';
import { StartError } from './lib/start-error.ts';
import type { Logger } from './monitoring/logger.ts';
import type { Database } from './storage/postgres.ts';

export interface FilesPorts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly db: Database;
}

/** The rooms of files. */
export interface Files {
  readonly attachments: Attachments;
  readonly collector: FileCollector;
  readonly blobs: BlobStore;
}

/** Puts together what takes files in, gives them out and removes them. */
export function buildFiles({ config, clock, logger, db }: FilesPorts): Files {
  const blobs = openBlobStore(config);
  let pictures: Promise<LookAtPicture | null> | null = null;
  const load = async (): Promise<LookAtPicture | null> => {
    const look = await loadPictures(MAX_PIXELS);
    if (look === null) logger.info({}, 'images are shown as they are; install sharp for small versions of them');
    return look;
  };
  return {
    blobs,
    attachments: new Attachments({
      db,
      clock,
      blobs,
      pictures: async () => {
        if (!config.thumbnails) return null;
        pictures ??= load();
        return pictures;
      },
      maxBytes: config.maxUploadBytes,
      quotaBytes: config.uploadQuota,
    }),
    collector: new FileCollector({
      db,
      clock,
      blobs,
      onFault: (error) => logger.warn({ err: error }, 'files that nobody needs were not removed; it is tried again'),
    }),
  };
}

/** How a bucket is reached. */
export type BucketConfig = Pick<Config, 's3Endpoint' | 's3Region' | 's3AccessKeyId' | 's3SecretAccessKey'>;

/** What decides where files are kept. */
export type BlobStoreConfig = BucketConfig & Pick<Config, 'dataDir' | 's3Bucket' | 's3Prefix'>;

/** The store of the settings: a bucket where one is named, else the data directory. Throws a `StartError` for half a bucket. */
export function openBlobStore(config: BlobStoreConfig): BlobStore {
  const { s3Bucket: bucket } = config;
  if (bucket === undefined) return new DiskBlobStore(join(config.dataDir, 'attachments'));
  return new S3BlobStore(openBucket(config, bucket), config.s3Prefix);
}

/** A bucket of the storage that the settings name. Throws a `StartError` where its key is missing. */
export function openBucket(config: BucketConfig, bucket: string): S3Bucket {
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey, s3Region: region } = config;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new StartError({
      code: 'bad_settings',
      message: `unable to use the bucket ${bucket}; its key is missing`,
      hint: 'Set PARLEY_S3_ACCESS_KEY_ID and PARLEY_S3_SECRET_ACCESS_KEY.',
    });
  }
  const endpoint = config.s3Endpoint ?? `https://s3.${region}.amazonaws.com`;
  return new S3Bucket({ endpoint, bucket, region, accessKeyId, secretAccessKey });
}
