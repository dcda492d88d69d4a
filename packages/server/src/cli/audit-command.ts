import { Command, InvalidArgumentError, Option } from 'commander';
import { type ExportFormat, exportOf } from '../audit/audit-export.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { AppError } from '../lib/app-error.ts';
import { findUserByName } from '../users/user-store.ts';
import { readUsername } from './options.ts';
import { processTerminal, type Terminal, writeRows } from './terminal.ts';
import { withDatabase } from './with-database.ts';

const MAX_SHOWN = 100_000;

interface AuditFlags {
  readonly user?: string;
  readonly action?: string;
  readonly target?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly format?: ExportFormat;
  readonly json?: true;
}

/** `parley audit`: who did what, newest first, or all of it as a file. */
export function auditCommand(terminal: Terminal = processTerminal): Command {
  return new Command('audit')
    .description('Show who did what, newest first; with --format all of it, for a file')
    .option('--user <username>', 'done by this user', readUsername)
    .option('--action <action>', 'such as user.updated, or its first word: user')
    .option('--target <id>', 'done to this')
    .option('--since <date>', 'from this date or time on', readDate)
    .option('--until <date>', 'before this date or time', readDate)
    .option('--limit <n>', 'how many are shown', readLimit, 50)
    .addOption(new Option('--format <format>', 'write all that fit, as a file').choices(['csv', 'ndjson']))
    .option('--json', 'as JSON')
    .action((flags: AuditFlags) =>
      withDatabase(terminal, async ({ db }) => {
        const { action, target, since, until, limit, format } = flags;
        const user = flags.user === undefined ? undefined : await findUserByName(db, flags.user);
        if (user === null) throw new AppError('not_found', 'unable to find the user; nobody is called so');
        const filter = { actorId: user?.id, action, target, since, until };
        const log = new AuditLog(db);
        if (format !== undefined) {
          for await (const line of exportOf(log.all(filter), format)) terminal.out(line);
          return;
        }
        const { entries } = await log.page({ ...filter, limit });
        const rows = entries.map(({ at, actor, actorId, details, ...entry }) => ({
          ...entry,
          at: new Date(at),
          actor: actor ?? actorId,
          details: flags.json === true ? details : JSON.stringify(details),
        }));
        const columns = ['at', 'actor', 'action', 'target', 'address', 'details'];
        writeRows(terminal, rows, { json: flags.json === true, columns });
      }),
    );
}

function readDate(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a date such as 2026-03-01 or 2026-03-01T12:00:00Z');
  return ms;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,6}$/.test(text) || limit < 1 || limit > MAX_SHOWN) {
    throw new InvalidArgumentError(`a whole number from 1 to ${MAX_SHOWN}`);
  }
  return limit;
}
