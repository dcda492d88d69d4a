import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { restoreBackup } from '../backup/restore.ts';
import { readConfig } from '../config/config.ts';
import { createLogger } from '../monitoring/logger.ts';
import { openPostgres } from '../storage/postgres.ts';
import { ATTACHMENTS } from './backup-command.ts';
import { connectDatabase } from './connect-database.ts';
import { showProgress } from './show-progress.ts';
import { processTerminal, type Terminal, writeFacts } from './terminal.ts';
import { demandSound, verifyOnce, writeReport } from './verify-command.ts';

interface Flags {
  readonly sameEpoch?: true;
  readonly keepSessions?: true;
  readonly json?: true;
}

/** `parley restore FILE`: an empty database becomes what the backup holds, and is verified. */
export function restoreCommand(terminal: Terminal = processTerminal): Command {
  return new Command('restore')
    .description('Fill an empty database from a backup, and verify it')
    .argument('<file>', 'the backup')
    .option('--same-epoch', 'let clients go on from their positions: only when nothing was written since the backup')
    .option('--keep-sessions', 'keep people signed in')
    .option('--json', 'as JSON')
    .action((file: string, flags: Flags) => restore(terminal, resolve(file), flags));
}

async function restore(terminal: Terminal, file: string, flags: Flags): Promise<void> {
  const config = readConfig(terminal.env);
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
      attachmentsDir: join(resolve(config.dataDir), ATTACHMENTS),
      sameEpoch: flags.sameEpoch === true,
      keepSessions: flags.keepSessions === true,
      onProgress: (now) => progress.show(now),
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
