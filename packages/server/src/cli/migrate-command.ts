import { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { createLogger } from '../monitoring/logger.ts';
import { migrateDown, migrateUp, migrationStates } from '../storage/migrate.ts';
import { type Database, openPostgres } from '../storage/postgres.ts';
import { connectDatabase } from './connect-database.ts';

/** `parley migrate up|down|status`. */
export function migrateCommand(): Command {
  const command = new Command('migrate').description(
    'Bring the database to the newest schema, take steps back, or show where it is',
  );
  command
    .command('up')
    .description('run every migration that has not run')
    .action(() => onDatabase(async (db) => report('ran', await migrateUp(db))));
  command
    .command('down')
    .description('undo the newest migrations')
    .option('--steps <n>', 'how many', '1')
    .action((flags: { steps: string }) =>
      onDatabase(async (db) => report('undid', await migrateDown(db, Number(flags.steps)))),
    );
  command
    .command('status')
    .description('list the migrations and when each ran')
    .option('--json', 'as JSON')
    .action((flags: { json?: true }) => onDatabase((db) => status(db, flags.json === true)));
  return command;
}

async function status(db: Database, json: boolean): Promise<void> {
  const states = await migrationStates(db);
  if (json) process.stdout.write(`${JSON.stringify(states)}\n`);
  else
    for (const { name, ranAt } of states)
      process.stdout.write(
        `${ranAt === null ? 'waiting             ' : new Date(ranAt).toISOString().slice(0, 19)}  ${name}\n`,
      );
}

function report(verb: string, names: readonly string[]): void {
  if (names.length === 0) process.stdout.write('nothing to do\n');
  for (const name of names) process.stdout.write(`${verb} ${name}\n`);
}

async function onDatabase(work: (db: Database) => Promise<void>): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger('warn', 'migrate');
  const database = await connectDatabase(config, logger);
  const postgres = openPostgres({
    connection: database.connection,
    maxConnections: 2,
    // A migration may rewrite or index a large table.
    statementTimeoutMs: 0,
    onError: (error) => logger.error({ err: error }, 'database connection'),
  });
  try {
    await work(postgres.db);
  } finally {
    await postgres.close();
    await database.stop();
  }
}
