import { Command } from 'commander';
import { makeBackup } from '../backup/make-backup.ts';
import { openBackupFile } from '../backups.ts';
import { openBlobStore } from '../files.ts';
import { VERSION } from '../lib/version.ts';
import { connectApart } from '../storage/postgres.ts';
import { showProgress } from './show-progress.ts';
import { processTerminal, type Terminal, writeFacts } from './terminal.ts';
import { withDatabase } from './with-database.ts';

/** `parley backup PLACE`: everything in one file or object, while the server runs; read back before it counts. */
export function backupCommand(terminal: Terminal = processTerminal): Command {
  return new Command('backup')
    .description('Write everything to one file or object, and read it back; the server may go on running')
    .argument('<place>', 'a file, or s3://bucket/key; what is there is replaced only by a whole new one')
    .option('--json', 'as JSON')
    .action((place: string, flags: { json?: true }) =>
      withDatabase(
        terminal,
        async ({ db, pool, config }) => {
          const file = openBackupFile(config, place);
          const blobs = openBlobStore(config);
          const client = await connectApart({ pool });
          const progress = showProgress(flags.json !== true);
          try {
            const onProgress = progress.show;
            const made = await makeBackup({ db, client, file, blobs, serverVersion: VERSION, onProgress });
            progress.clear();
            writeFacts(terminal, { ...made }, flags.json === true);
          } finally {
            progress.clear();
            await client.end();
          }
        },
        { schema: 'any', statementTimeoutMs: 0 },
      ),
    );
}
