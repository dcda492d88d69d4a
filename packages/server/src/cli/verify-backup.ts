import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupFile } from '../backup/backup-file.ts';
import { checkBackup } from '../backup/check-backup.ts';
import { restoreBackup } from '../backup/restore.ts';
import { type VerifyReport, verifyDatabase } from '../backup/verify.ts';
import { openBackupFile } from '../backups.ts';
import { readConfig } from '../config/config.ts';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { openPostgres } from '../storage/postgres.ts';
import { showProgress } from './show-progress.ts';
import type { Terminal } from './terminal.ts';

/** What is thrown away need not survive the machine. */
const TRIAL_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** What is known of a backup when it was tried. */
export interface BackupVerdict {
  readonly place: string;
  readonly snapshotAt: string;
  readonly files: number;
  /** Null: its bytes were checked, and it was not restored. */
  readonly report: VerifyReport | null;
}

/**
 * Reads a backup whole and compares it with its checksum. Unless that is enough, restores it into a private PostgreSQL that is
 * thrown away afterwards, and checks everything there: no database of anybody's is touched.
 */
export async function verifyBackup(terminal: Terminal, place: string, isQuick: boolean): Promise<BackupVerdict> {
  const file = openBackupFile(readConfig(terminal.env), place);
  if (isQuick) {
    const { header, manifest } = await checkBackup(file);
    return { place: file.name, snapshotAt: header.snapshotAt, files: manifest.files, report: null };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-verify-'));
  try {
    const server = await startEmbeddedPostgres({ dataDir, settings: TRIAL_SETTINGS });
    try {
      return await tryBackup(file, server.connectionConfig);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function tryBackup(
  file: BackupFile,
  connection: Parameters<typeof openPostgres>[0]['connection'],
): Promise<BackupVerdict> {
  const postgres = openPostgres({ connection, maxConnections: 2, statementTimeoutMs: 0, onError: () => {} });
  const progress = showProgress(true);
  try {
    const kept = { sameEpoch: true, keepSessions: true };
    const options = { postgres, file, blobs: null, ...kept, onProgress: progress.show };
    const { header, manifest } = await restoreBackup(options);
    progress.clear();
    const client = await postgres.pool.connect();
    try {
      const report = await verifyDatabase(client);
      return { place: file.name, snapshotAt: header.snapshotAt, files: manifest.files, report };
    } finally {
      client.release();
    }
  } finally {
    progress.clear();
    await postgres.close();
  }
}
