import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';

/** A data directory that was started and stopped once; copying it is faster than making one. */
export interface PreparedCluster {
  copyTo(dataDir: string): void;
  remove(): void;
}

/** Makes the data directory that tests take copies of. */
export async function prepareCluster(): Promise<PreparedCluster> {
  const base = mkdtempSync(join(tmpdir(), 'parley-prepared-'));
  const source = join(base, 'data');
  const postgres = await startEmbeddedPostgres({ dataDir: source });
  await postgres.stop();
  return {
    copyTo: (dataDir) => {
      mkdirSync(dirname(dataDir), { recursive: true });
      execFileSync('cp', ['-a', source, dataDir]); // Keeps owners, which Node's own copy does not.
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
