import { Command } from 'commander';
import { restoreBackup } from '../backup/restore.ts';
import { openBackupFile } from '../backups.ts';
import { readConfig } from '../config/config.ts';
import { openBlobStore } from '../files.ts';
import { createLogger } from '../monitoring/logger.ts';
import { openPostgres } from '../storage/postgres.ts';
import { connectDatabase } from './connect-database.ts';
import { showProgress } from './show-progress.ts';
import { processTerminal, type Terminal, writeFacts } from './terminal.ts';
import { demandSound, verifyOnce, writeReport } from './verify-command.ts';

interface Flags {
  readonly sameEpoch?: true;
  readonly keepSessions?: true;
  readonly json?: true;
}

/** `parley restore PLACE`: an empty database becomes what the backup holds, and is verified. */
export function restoreCommand(terminal: Terminal = processTerminal): Command {
  return new Command('restore')
    .description('Fill an empty database from a backup, and verify it')
    .argument('<place>', 'the backup: a file, or s3://bucket/key')
    .option('--same-epoch', 'let clients go on from their positions: only when nothing was written since the backup')
    .option('--keep-sessions', 'keep people signed in')
    .option('--json', 'as JSON')
    .action((place: string, flags: Flags) => restore(terminal, place, flags));
}

async function restore(terminal: Terminal, place: string, flags: Flags): Promise<void> {
  const config = readConfig(terminal.env);
  const file = openBackupFile(config, place);
  const blobs = openBlobStore(config);
  const database = await connectDatabase(config, createLogger('warn', 'restore'));
  const postgres = openPostgres({
    connection: database.connection,
    maxConnections: 2,
    // Copies and indexes of large tables take their time.
    statementTimeoutMs: 0,
    onError: () => {},
  });
  const progress = showProgress(flags.json !== true);
  try {
    const { header, manifest, epoch, migrated } = await restoreBackup({
      postgres,
      file,
      blobs,
      sameEpoch: flags.sameEpoch === true,
      keepSessions: flags.keepSessions === true,
      onProgress: progress.show,
    });
    progress.clear();
    const report = await verifyOnce(postgres);
    const rows = Object.values(manifest.tables).reduce((sum, count) => sum + count, 0);
    const facts = { snapshotAt: header.snapshotAt, rows, files: manifest.files, epoch, migrated, sound: report.ok };
    writeFacts(terminal, facts, flags.json === true);
    if (!report.ok && flags.json !== true) writeReport(terminal, report, false);
    demandSound(report);
  } finally {
    progress.clear();
    await postgres.close();
    await database.stop();
  }
}
