import { Command } from 'commander';
import { lastUpgrade } from '../backup/upgrade.ts';
import { StartError } from '../lib/start-error.ts';
import { ranMigrations } from '../storage/compatibility.ts';
import { migrateDown } from '../storage/migrate.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { withDatabase } from './with-database.ts';

/** `parley rollback`: the schema as it was before the last upgrade, so that the version before can start again. */
export function rollbackCommand(terminal: Terminal = processTerminal): Command {
  return new Command('rollback')
    .description(
      'Take the migrations of the last upgrade back; what was written since stays, but for what only they hold',
    )
    .action(() =>
      withDatabase(
        terminal,
        async (postgres) => {
          const upgrade = await lastUpgrade(postgres);
          const newer = (await ranMigrations(postgres.db)).filter((name) => upgrade && name > upgrade.from);
          if (upgrade === undefined || newer.length === 0) return terminal.out('nothing to do\n');
          const undone = await migrateDown(postgres.db, newer.length).catch((error: unknown) => {
            if (error instanceof StartError) throw error;
            throw onlySnapshot(upgrade.snapshot, error);
          });
          terminal.out(undone.map((name) => `undid ${name}\n`).join(''));
          terminal.out(`now start the version before; all as it was before the upgrade is in ${upgrade.snapshot}\n`);
        },
        { schema: 'any', statementTimeoutMs: 0 },
      ),
    );
}

function onlySnapshot(file: string, cause: unknown): StartError {
  return new StartError({
    code: 'rollback_failed',
    message: `unable to take the migrations back; ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: `Only the snapshot helps: \`parley restore ${file}\` into a new database, with the version before; what was sent since the upgrade is not in it.`,
    cause,
  });
}
