import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../testing/test-rooms.ts';
import { type BlobStore, HEAD_BYTES } from './blob-store.ts';

/** How the suite drives a kind of store. */
export interface BlobStoreHarness {
  readonly store: BlobStore;
  /** How many things are stored, unfinished ones counted. */
  count(): number;
  /** Makes everything that is stored as old as this. */
  age(byMs: number): void;
  close(): Promise<void>;
}

async function keysOf(keys: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const key of keys) found.push(key);
  return found.sort();
}

/** What every kind of store promises. */
export function describeBlobStore(kind: string, create: () => Promise<BlobStoreHarness>): void {
  describe(`${kind} blob store`, () => {
    let harness: BlobStoreHarness;
    beforeAll(async () => {
      harness = await create();
    });
    afterAll(() => harness.close());
    const store = (bytes: Buffer, maxBytes = 10_000_000) => harness.store.write(Readable.from([bytes]), maxBytes);

    test('[ATT9] gives back what it was given, whole and in parts', async () => {
      await harness.store.check();
      const bytes = randomBytes(HEAD_BYTES + 100_000);
      const pieces = Array.from({ length: 8 }, (_, index) => bytes.subarray(index * 50_000, (index + 1) * 50_000));
      const blob = await harness.store.write(Readable.from(pieces), 400_000);
      expect(blob.size).toBe(bytes.length);
      expect(blob.head.equals(bytes.subarray(0, HEAD_BYTES))).toBe(true);
      expect((await buffer(await harness.store.read(blob.key))).equals(bytes)).toBe(true);
      const part = await buffer(await harness.store.read(blob.key, { start: 300_000, end: 300_009 }));
      expect(part.equals(bytes.subarray(300_000, 300_010))).toBe(true);
      const same = await store(bytes);
      expect(same.key).not.toBe(blob.key);
    });

    test('[ATT9] takes a file under the key that another store gave it, also again', async () => {
      const key = randomBytes(24).toString('hex');
      const before = harness.count();
      for (let times = 0; times < 2; times++) await harness.store.put(key, Readable.from([Buffer.from('moved')]));
      expect(String(await buffer(await harness.store.read(key)))).toBe('moved');
      expect(harness.count()).toBe(before + 1);
    });

    test('[ATT9] what is removed is gone, and may be removed again', async () => {
      const { key } = await store(Buffer.from('short'));
      await harness.store.remove(key);
      await harness.store.remove(key);
      expect(await codeOf(harness.store.read(key))).toBe('not_found');
    });

    test('[ATT9] what is too large or breaks off leaves nothing', async () => {
      const before = harness.count();
      expect(await codeOf(store(Buffer.alloc(11), 10))).toBe('too_large');
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          await Promise.reject(new Error('the sender is gone'));
        })(),
      );
      await expect(harness.store.write(broken, 100)).rejects.toThrow('the sender is gone');
      expect(harness.count()).toBe(before);
    });

    test('[ATT9] tells what was stored before a time', async () => {
      const old = await Promise.all(Array.from({ length: 5 }, () => store(Buffer.from('old'))));
      harness.age(3_600_000);
      const { key } = await store(Buffer.from('new'));
      const found = await keysOf(harness.store.storedBefore(Date.now() - 1_800_000));
      expect(found).toEqual(expect.arrayContaining(old.map((blob) => blob.key)));
      expect(found).not.toContain(key);
    });

    test('[ATT9] keys that are not its own are made into no path', async () => {
      for (const key of ['../../etc/passwd', '', 'a'.repeat(47)]) {
        await expect(harness.store.read(key)).rejects.toThrow();
        await expect(harness.store.put(key, Readable.from([Buffer.from('x')]))).rejects.toThrow();
      }
    });
  });
}
