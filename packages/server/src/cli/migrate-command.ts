import { Command, InvalidArgumentError } from 'commander';
import { upgradeDatabase } from '../backup/upgrade.ts';
import { migrateDown, migrationStates } from '../storage/migrate.ts';
import type { Database } from '../storage/postgres.ts';
import { processTerminal, type Terminal, writeRows } from './terminal.ts';
import { upgradeOptionsOf, withDatabase } from './with-database.ts';

/** `parley migrate up|down|status`, also beside a running server. */
export function migrateCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('migrate').description(
    'Bring the database to the newest schema, take steps back, or show where it is',
  );
  command
    .command('up')
    .description('run every migration that has not run')
    .action(() =>
      withDatabase(
        terminal,
        async ({ config, ...postgres }) => {
          const ran = await upgradeDatabase({ postgres, ...upgradeOptionsOf(config) });
          report(terminal, 'ran', ran);
        },
        { schema: 'any', statementTimeoutMs: 0 },
      ),
    );
  command
    .command('down')
    .description('undo the newest migrations; what only they could hold is lost')
    .option('--steps <n>', 'how many', readSteps, 1)
    .action((flags: { steps: number }) =>
      onSchema(terminal, async (db) => report(terminal, 'undid', await migrateDown(db, flags.steps))),
    );
  command
    .command('status')
    .description('list the migrations and when each ran')
    .option('--json', 'as JSON')
    .action((flags: { json?: true }) => onSchema(terminal, (db) => status(terminal, db, flags.json === true)));
  return command;
}

function readSteps(text: string): number {
  const steps = Number(text);
  if (!/^\d{1,4}$/.test(text) || steps < 1) throw new InvalidArgumentError('a whole number from 1');
  return steps;
}

async function status(terminal: Terminal, db: Database, json: boolean): Promise<void> {
  const rows = (await migrationStates(db)).map(({ name, ranAt }) => ({
    name,
    ran: ranAt === null ? null : new Date(ranAt).toISOString(),
  }));
  writeRows(terminal, rows, { json, columns: ['name', 'ran'] });
}

function report(terminal: Terminal, verb: string, names: readonly string[]): void {
  terminal.out(names.length === 0 ? 'nothing to do\n' : names.map((name) => `${verb} ${name}\n`).join(''));
}

/** A migration may rewrite or index a large table: it has all the time it needs, and the schema as it is. */
function onSchema(terminal: Terminal, work: (db: Database) => Promise<void>): Promise<void> {
  return withDatabase(terminal, ({ db }) => work(db), { schema: 'any', statementTimeoutMs: 0 });
}
