import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type Progress, writeBackup } from '../backup/backup.ts';
import { namesOfTables } from '../backup/catalog.ts';
import { DiskBackupFile } from '../backup/disk-backup.ts';
import { restoreBackup } from '../backup/restore.ts';
import { readConfig } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import { clusterDirectory } from '../embedded/data-directory.ts';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { markPromoted, refusePromoted } from '../embedded/promoted.ts';
import { StartError } from '../lib/start-error.ts';
import { VERSION } from '../lib/version.ts';
import { dropSchema, migrateUp } from '../storage/migrate.ts';
import { connectApart, openPostgres, type Postgres } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { showProgress } from './show-progress.ts';
import { processTerminal, type Terminal, writeFacts } from './terminal.ts';
import { demandSound, verifyOnce, writeReport } from './verify-command.ts';

interface Flags {
  readonly data?: string;
  readonly json?: true;
}

/** `parley promote`: the database of a data directory moves to the PostgreSQL of `DATABASE_URL`. */
export function promoteCommand(terminal: Terminal = processTerminal): Command {
  return new Command('promote')
    .description('Move the embedded database to the PostgreSQL of DATABASE_URL; stop the server first')
    .option('--data <dir>', 'data directory (PARLEY_DATA_DIR)')
    .option('--json', 'as JSON')
    .action(async (flags: Flags) => {
      const config = readConfig(terminal.env, flags.data === undefined ? {} : { dataDir: flags.data });
      await promote(terminal, config, flags.json === true);
    });
}

async function promote(terminal: Terminal, config: Config, json: boolean): Promise<void> {
  const url = config.databaseUrl;
  if (url === undefined) {
    throw new StartError({
      code: 'no_target',
      message: 'unable to promote; DATABASE_URL does not say where to',
      hint: 'Let it name a new, empty PostgreSQL database.',
    });
  }
  refusePromoted(config.dataDir);
  demandEmbedded(config.dataDir);
  // Holds the directory's lock to the end: nothing is written there meanwhile, or ever after.
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir });
  const source = openSlowly({ ...embedded.connectionConfig });
  const target = openSlowly({ connectionString: url });
  try {
    await migrateUp(source.db);
    const epoch = await readEpoch(source.db);
    const isThere = await lookAt(target, epoch);
    const rows = isThere ? null : await copy(source, target, config, json);
    const report = await verifyOnce(target);
    if (!report.ok && !json) writeReport(terminal, report, false);
    demandSound(report);
    markPromoted(config.dataDir, nameOf(url), epoch);
    writeFacts(terminal, { target: nameOf(url), rows, wasThere: isThere, epoch, sound: true }, json);
  } finally {
    await Promise.all([source.close(), target.close()]);
    await embedded.stop();
  }
}

function demandEmbedded(dataDir: string): void {
  if (existsSync(clusterDirectory(resolve(dataDir)))) return;
  throw new StartError({
    code: 'no_source',
    message: `unable to promote; there is no embedded database in ${resolve(dataDir)}`,
    hint: 'Name its directory by PARLEY_DATA_DIR or --data.',
  });
}

/** True when an earlier promotion got as far as to commit; refuses a database that holds anything else. */
async function lookAt(target: Postgres, epoch: string): Promise<boolean> {
  const client = await target.pool.connect();
  try {
    const names = await namesOfTables(client);
    if (names.length === 0) return false;
    if (names.includes('users') && names.includes('server_state')) {
      const { rows } = await client.query<{ used: boolean }>('SELECT EXISTS (SELECT FROM users) AS used');
      if (rows[0]?.used === false) {
        // Only a schema: an earlier promotion was killed before it committed.
        await dropSchema(target.db);
        return false;
      }
      if ((await readEpoch(target.db)) === epoch) return true;
    }
    throw new StartError({
      code: 'database_not_empty',
      message: `unable to promote; the database of DATABASE_URL is not empty, it has ${names.length} tables`,
      hint: 'Create a new database for it; nothing was changed.',
    });
  } finally {
    client.release();
  }
}

/** By way of a backup: what checks a backup checks the move. */
async function copy(source: Postgres, target: Postgres, config: Config, json: boolean): Promise<number> {
  const file = new DiskBackupFile(join(resolve(config.dataDir), 'promote.gz'));
  const progress = showProgress(!json);
  const onProgress = (now: Progress) => progress.show(now);
  const client = await connectApart(source);
  try {
    // Files stay where they are: they are not in the database.
    const { manifest } = await writeBackup({ client, file, blobs: null, serverVersion: VERSION, onProgress });
    // Nothing was written after the snapshot, so clients go on from their positions, and nobody signs in anew.
    const kept = { sameEpoch: true, keepSessions: true };
    await restoreBackup({ postgres: target, file, blobs: null, ...kept, onProgress });
    return Object.values(manifest.tables).reduce((sum, count) => sum + count, 0);
  } finally {
    progress.clear();
    await client.end();
    await rm(file.name, { force: true });
  }
}

/** Copies and indexes of large tables take their time. */
function openSlowly(connection: Parameters<typeof openPostgres>[0]['connection']): Postgres {
  return openPostgres({ connection, maxConnections: 2, statementTimeoutMs: 0, onError: () => {} });
}

/** A database as it may be shown: without user and password. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
