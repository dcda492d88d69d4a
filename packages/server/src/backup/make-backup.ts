import { record } from '../audit/audit.ts';
import type { Database } from '../storage/postgres.ts';
import { type BackupOptions, writeBackup } from './backup.ts';
import { checkBackup } from './check-backup.ts';
import { damaged } from './container.ts';
import { recordCare } from './records.ts';

/** A backup that was written, read back and found whole. */
export interface MadeBackup {
  readonly place: string;
  /** The moment that it holds, ISO 8601. */
  readonly snapshotAt: string;
  readonly rows: number;
  readonly files: number;
  /** Files that the database speaks of, and whose bytes are gone. */
  readonly filesMissing: number;
  /** Of the backup itself. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a backup, reads it back from where it stands, and remembers it as the last verified one only when what is there is what
 * was written. It takes everything that was ever said out of the database, so that the audit log tells of it.
 */
export async function makeBackup(options: BackupOptions & { readonly db: Database }): Promise<MadeBackup> {
  const { client, file, db, signal } = options;
  const { header, manifest, bytes, missing } = await writeBackup(options);
  const read = await checkBackup(file, signal);
  if (read.manifest.sha256 !== manifest.sha256) throw damaged('another one stands in its place');
  const made = {
    place: file.name,
    snapshotAt: header.snapshotAt,
    rows: Object.values(manifest.tables).reduce((sum, count) => sum + count, 0),
    files: manifest.files,
    filesMissing: missing,
    bytes,
    sha256: manifest.sha256,
  };
  // A schema of before may have no log yet.
  if ('audit_log' in manifest.tables) {
    const { place, ...details } = made;
    await record(db, { actorId: null, action: 'backup.made', target: place, details });
  }
  // Last of all: whoever made it throws away what failed before, and this would speak of it.
  await recordCare(client, 'last_backup', made);
  return made;
}
