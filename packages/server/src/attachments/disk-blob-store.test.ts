import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeBlobStore } from './blob-store.contract.ts';
import { DiskBlobStore } from './disk-blob-store.ts';

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describeBlobStore('disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-blobs-'));
  return {
    store: new DiskBlobStore(directory),
    count: () => filesIn(directory).length,
    age: (byMs) => {
      const at = (Date.now() - byMs) / 1_000;
      for (const path of filesIn(directory)) utimesSync(path, at, at);
    },
    close: async () => rmSync(directory, { recursive: true }),
  };
});

test('[ATT4] what a killed server has left half written is found and removed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-blobs-'));
  try {
    const store = new DiskBlobStore(directory);
    await store.check();
    const key = 'ab'.repeat(24);
    await store.remove(key);
    const { key: whole } = await store.write((await import('node:stream')).Readable.from([Buffer.from('x')]), 10);
    const [path] = filesIn(directory);
    writeFileSync(`${path?.slice(0, -48)}${whole.slice(0, 2)}${'0'.repeat(46)}.part`, 'half');
    for await (const found of store.storedBefore(Date.now() + 1_000)) await store.remove(found);
    expect(filesIn(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
