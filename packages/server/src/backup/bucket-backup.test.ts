import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { S3Bucket } from '../attachments/s3-bucket.ts';
import { TestS3 } from '../testing/test-s3.ts';
import { describeBackupShelf } from './backup-file.contract.ts';
import { BucketBackupFile, BucketBackupShelf } from './bucket-backup.ts';

const MIB = 1_048_576;
/** Megabytes take their time where everything runs on one machine. */
const PATIENT_MS = 30_000;

describeBackupShelf('S3', async () => {
  const s3 = await TestS3.start();
  s3.objects.set('of somebody else', { bytes: Buffer.from('x'), modifiedAt: 0 });
  const bucket = new S3Bucket({ ...s3.options, timeoutMs: PATIENT_MS });
  return {
    shelf: new BucketBackupShelf(bucket, 'backups/', 5 * MIB),
    count: () => s3.objects.size + s3.uploads.size,
    leaveHalf: async (name) => {
      const upload = await bucket.beginUpload(`backups/${name}`);
      await bucket.putPart(upload, 1, Buffer.from('half'));
    },
    close: async () => {
      bucket.close();
      await s3.stop();
    },
  };
});

test('[BAK9] a backup is sent while it is made, and never held as a whole', async () => {
  const s3 = await TestS3.start();
  const bucket = new S3Bucket({ ...s3.options, timeoutMs: PATIENT_MS });
  const partsWhenMade: number[] = [];
  async function* content(): AsyncGenerator<Buffer> {
    for (let made = 0; made < 12; made++) {
      partsWhenMade.push(s3.asked.filter((request) => request.startsWith('PUT')).length);
      yield await Promise.resolve(Buffer.alloc(MIB));
    }
  }
  await new BucketBackupFile(bucket, 'b', 5 * MIB).write(content(), 0);
  expect(partsWhenMade).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]);
  // Where more is expected than the parts that a storage takes can hold, they are larger.
  await new BucketBackupFile(bucket, 'c', 5 * MIB).write(content(), 9_000 * 6 * MIB);
  expect(partsWhenMade.slice(12)).toEqual([3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4]);
  bucket.close();
  await s3.stop();
});

describe('a backup in a bucket that fails', () => {
  let s3: TestS3;
  let bucket: S3Bucket;
  beforeEach(async () => {
    s3 = await TestS3.start();
    bucket = new S3Bucket({ ...s3.options, timeoutMs: PATIENT_MS });
  });
  afterEach(async () => {
    bucket.close();
    await s3.stop();
  });

  async function* content(): AsyncGenerator<Buffer> {
    for (let at = 0; at < 11; at++) yield await Promise.resolve(Buffer.alloc(MIB, at));
  }

  test('[BAK9] is sent again part by part, and is complete also when the answer to that is lost', async () => {
    const failed = new Set<string>();
    s3.fault = (request, response) => {
      const about = `${request.method} ${request.url?.replace(/uploadId=[^&]*/, '')}`;
      if (failed.has(about)) return false;
      failed.add(about);
      response.writeHead(503).end();
      return true;
    };
    const file = new BucketBackupFile(bucket, 'b', 5 * MIB);
    expect(await file.write(content(), 0)).toBe(11 * MIB);
    expect(failed.size).toBe(5);
    expect(s3.objects.get('b')?.bytes.length).toBe(11 * MIB);
    expect(s3.uploads.size).toBe(0);

    let isLost = false;
    s3.lose = (request) => {
      const isCompletion = request.method === 'POST' && request.url?.includes('uploadId') === true && !isLost;
      isLost ||= isCompletion;
      return isCompletion;
    };
    expect(await file.write(content(), 0)).toBe(11 * MIB);
    expect(isLost).toBe(true);
  });

  test('[BAK9] is told with what the storage said, and leaves no parts', async () => {
    s3.fault = (request, response) => {
      if (request.url?.includes('partNumber=2') !== true) return false;
      response.writeHead(403).end('<Error><Code>QuotaExceeded</Code></Error>');
      return true;
    };
    const writing = new BucketBackupFile(bucket, 'b', 5 * MIB).write(content(), 0);
    await expect(writing).rejects.toThrow('QuotaExceeded');
    expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
    const away = new S3Bucket({ ...s3.options, bucket: 'other' });
    const refused = new BucketBackupFile(away, 'b').write(content(), 0);
    await expect(refused).rejects.toMatchObject({
      code: 'backup_unwritable',
      message: expect.stringContaining('bucket'),
    });
    away.close();
  });

  test('[BAK9] is read on where an answer broke off', async () => {
    const file = new BucketBackupFile(bucket, 'b', 5 * MIB);
    await file.write(content(), 0);
    let breaks = 2;
    s3.fault = (request, response) => {
      if (request.method !== 'GET' || breaks-- <= 0) return false;
      response.writeHead(206, { 'content-length': 8 * MIB });
      response.write('some', () => response.destroy());
      return true;
    };
    let size = 0;
    for await (const chunk of file.read()) size += chunk.length;
    expect(size).toBe(11 * MIB);
  });
});
