import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../testing/test-rooms.ts';
import { TestS3 } from '../testing/test-s3.ts';
import { describeBlobStore } from './blob-store.contract.ts';
import { S3BlobStore } from './s3-blob-store.ts';
import { S3Bucket, type S3Options } from './s3-bucket.ts';

describeBlobStore('S3', async () => {
  const s3 = await TestS3.start();
  s3.pageSize = 3;
  s3.objects.set('of somebody else', { bytes: Buffer.from('x'), modifiedAt: 0 });
  const bucket = new S3Bucket(s3.options);
  return {
    store: new S3BlobStore(bucket, 'parley/'),
    count: () => s3.objects.size,
    age: (byMs) => {
      for (const object of s3.objects.values()) object.modifiedAt -= byMs;
    },
    close: async () => {
      bucket.close();
      await s3.stop();
    },
  };
});

describe('an S3 storage that fails', () => {
  let s3: TestS3;
  let bucket: S3Bucket;
  let store: S3BlobStore;

  function use(options: Partial<S3Options> = {}): void {
    bucket = new S3Bucket({ ...s3.options, ...options });
    store = new S3BlobStore(bucket, '');
  }
  const write = (text = 'some bytes') => store.write(Readable.from([Buffer.from(text)]), 1_000);
  const spooled = () => readdirSync(tmpdir()).filter((name) => name.startsWith('parley-upload-')).length;

  beforeEach(async () => {
    s3 = await TestS3.start();
    use();
  });
  afterEach(async () => {
    bucket.close();
    await s3.stop();
  });

  test('[ATT10] is asked again while it is busy, silent or lost, and stores once', async () => {
    const faults = [
      (_request: unknown, response: { writeHead(status: number): { end(text: string): void } }) =>
        response.writeHead(503).end('<Code>SlowDown</Code>'),
      (request: { socket: { destroy(): void } }) => request.socket.destroy(),
    ];
    s3.fault = (request, response) => {
      const fault = faults.shift();
      fault?.(request, response);
      return fault !== undefined;
    };
    const { key } = await write();
    expect(s3.asked).toHaveLength(3);
    expect([...s3.objects.keys()]).toEqual([key]);
    let isSilent = true;
    s3.fault = () => {
      const wasSilent = isSilent;
      isSilent = false;
      return wasSilent;
    };
    expect(String(await buffer(await store.read(key)))).toBe('some bytes');
  });

  test('[ATT10] that stays away is told as unavailable, and leaves nothing half stored', async () => {
    s3.fault = (_request, response) => {
      response.writeHead(500).end('broken');
      return true;
    };
    const before = spooled();
    expect(await codeOf(write())).toBe('unavailable');
    expect(s3.objects.size).toBe(0);
    expect(spooled()).toBe(before);
    s3.fault = (request) => {
      request.socket.destroy();
      return true;
    };
    expect(await codeOf(store.check())).toBe('unavailable');
    s3.fault = () => true;
    expect(await codeOf(store.read('ab'.repeat(24)))).toBe('unavailable');
    s3.fault = null;
    await write();
    expect(s3.objects.size).toBe(1);
  });

  test('[ATT10] that refuses our key, or has no such bucket, is told at once', async () => {
    for (const wrong of [{ secretAccessKey: 'wrong' }, { bucket: 'other' }, { region: 'elsewhere' }]) {
      bucket.close();
      use(wrong);
      s3.asked.length = 0;
      expect(await codeOf(write())).toBe('unavailable');
      expect(await codeOf(store.check())).toBe('unavailable');
      expect(s3.asked).toHaveLength(2);
    }
    expect(s3.objects.size).toBe(0);
  });

  test('[ATT10] that breaks off in the middle of a file breaks the answer off', async () => {
    const { key } = await write();
    s3.fault = (_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('some', () => response.destroy());
      return true;
    };
    await expect(buffer(await store.read(key))).rejects.toThrow();
  });

  test('[ATT10] finds its bucket by the host as well as by the path', async () => {
    const hosted = await TestS3.start({ bucket: 'localhost' });
    const { port } = new URL(hosted.options.endpoint);
    const byHost = new S3Bucket({ ...hosted.options, endpoint: `http://{bucket}:${port}/` });
    try {
      const { key } = await new S3BlobStore(byHost, 'in/').write(Readable.from([Buffer.from('some bytes')]), 1_000);
      expect(hosted.asked).toEqual([`PUT /in/${key}`]);
      expect([...hosted.objects.keys()]).toEqual([`in/${key}`]);
      await byHost.check();
    } finally {
      byHost.close();
      await hosted.stop();
    }
  });
});
