import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackupShelf } from './backup-file.ts';

/** How the suite drives a kind of shelf. */
export interface BackupShelfHarness {
  readonly shelf: BackupShelf;
  /** Everything that lies there, unfinished things counted. */
  count(): number;
  /** Leaves half a backup of this name, as one that is killed does. */
  leaveHalf(name: string): Promise<void>;
  close(): Promise<void>;
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) yield await Promise.resolve(bytes.subarray(at, at + 100_000));
}

async function* broken(bytes: Buffer): AsyncGenerator<Buffer> {
  yield* piecesOf(bytes);
  throw new Error('the database is gone');
}

async function readAll(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every kind of shelf promises. */
export function describeBackupShelf(kind: string, create: () => Promise<BackupShelfHarness>): void {
  describe(`backups on ${kind}`, () => {
    let harness: BackupShelfHarness;
    beforeAll(async () => {
      harness = await create();
    });
    afterAll(() => harness.close());

    test('[BAK1] are given back as they were written, also again, and are replaced as a whole', async () => {
      const { shelf } = harness;
      expect(await shelf.list()).toEqual([]);
      const file = shelf.file('one.gz');
      for (const bytes of [randomBytes(11_000_000), randomBytes(1_000), Buffer.alloc(0)]) {
        expect(await file.write(piecesOf(bytes), bytes.length)).toBe(bytes.length);
        for (let times = 0; times < 2; times++) expect((await readAll(file.read())).equals(bytes)).toBe(true);
      }
      expect(await shelf.list()).toEqual(['one.gz']);
      expect(file.name.startsWith(shelf.name)).toBe(true);
    });

    test('[BAK1] that break off leave what was there before, and nothing half', async () => {
      const { shelf } = harness;
      const file = shelf.file('one.gz');
      await file.write(piecesOf(Buffer.from('the one before')), 14);
      const before = harness.count();
      await expect(file.write(broken(randomBytes(6_000_000)), 1)).rejects.toThrow('the database is gone');
      expect(String(await readAll(file.read()))).toBe('the one before');
      expect(harness.count()).toBe(before);
    });

    test('[BAK9] are removed by name, and what killed ones have left by what it begins with', async () => {
      const { shelf } = harness;
      await shelf.file('two.gz').write(piecesOf(Buffer.from('two')), 3);
      await shelf.remove('two.gz');
      await shelf.remove('two.gz');
      await expect(readAll(shelf.file('two.gz').read())).rejects.toMatchObject({ code: 'backup_unreadable' });
      const before = harness.count();
      await harness.leaveHalf('parley-half.gz');
      await harness.leaveHalf('other.gz');
      await shelf.tidy((name) => name === 'parley-half.gz');
      expect(harness.count()).toBe(before + 1);
    });
  });
}
