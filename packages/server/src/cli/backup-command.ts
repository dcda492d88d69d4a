import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { writeBackup } from '../backup/backup.ts';
import { recordCare } from '../backup/records.ts';
import { VERSION } from '../lib/version.ts';
import { showProgress } from './show-progress.ts';
import { processTerminal, type Terminal, writeFacts } from './terminal.ts';
import { withDatabase } from './with-database.ts';

/** Attachments are kept here, below the data directory. */
export const ATTACHMENTS = 'attachments';

/** `parley backup FILE`: everything in one file, while the server runs. */
export function backupCommand(terminal: Terminal = processTerminal): Command {
  return new Command('backup')
    .description('Write everything to one file; the server may go on running')
    .argument('<file>', 'where to; it is replaced only by a whole new one')
    .option('--json', 'as JSON')
    .action((file: string, flags: { json?: true }) =>
      withDatabase(
        terminal,
        async ({ pool, config }) => {
          const client = await pool.connect();
          const progress = showProgress(flags.json !== true);
          try {
            const { header, manifest, bytes } = await writeBackup({
              client,
              file: resolve(file),
              attachmentsDir: join(resolve(config.dataDir), ATTACHMENTS),
              serverVersion: VERSION,
              onProgress: (now) => progress.show(now),
            });
            const rows = Object.values(manifest.tables).reduce((sum, count) => sum + count, 0);
            const facts = { snapshotAt: header.snapshotAt, rows, files: manifest.files, bytes };
            await recordCare(client, 'last_backup', facts);
            progress.clear();
            writeFacts(terminal, { file: resolve(file), ...facts, sha256: manifest.sha256 }, flags.json === true);
          } finally {
            progress.clear();
            client.release();
          }
        },
        { schema: 'any', statementTimeoutMs: 0 },
      ),
    );
}
