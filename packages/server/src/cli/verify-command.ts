import { readCount, readSeed } from '@parley/load-test';
import { Command } from 'commander';
import { recordCare } from '../backup/records.ts';
import { type VerifyReport, verifyDatabase } from '../backup/verify.ts';
import { StartError } from '../lib/start-error.ts';
import type { Postgres } from '../storage/postgres.ts';
import { checkVerdict, type FaultFlags, verifyFaults } from './faults/verify-faults.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';
import { verifyBackup } from './verify-backup.ts';
import { withDatabase } from './with-database.ts';

/** `parley verify [BACKUP]`: whether the database, or a backup, is what it promises to be; ends with 1 where it is not. */
export function verifyCommand(terminal: Terminal = processTerminal): Command {
  return new Command('verify')
    .description('Check that nothing is missing, doubled or dangling in the database; the server may go on running')
    .argument('[backup]', 'a backup to check in place of the database: a file, or s3://bucket/key')
    .option('--quick', 'with a backup: compare its bytes with its checksum, and do not try to restore it')
    .option('--json', 'as JSON')
    .option('--faults', 'break a test installation while people talk to it, and sign what was found')
    .option('--test-installation', 'with --faults: it is one, and may be broken')
    .option('--url <address>', 'with --faults: where clients reach it')
    .option('--count <trials>', 'with --faults: how often something is broken', (text) => readCount(text, 1), 9)
    .option('--seed <number>', 'with --faults: repeats a run', readSeed)
    .option(
      '--break <command>',
      'with --faults: a command that breaks a part, such as a node; may be given again',
      gather,
    )
    .option('--mend <command>', 'with --faults: the command that mends it, in the same order', gather)
    .option('--verdict <file>', 'check that this installation signed the verdict in a file')
    .action((backup: string | undefined, flags: FaultFlags & { verdict?: string; quick?: true }) => {
      if (backup !== undefined) return judgeBackup(terminal, backup, flags);
      if (flags.verdict !== undefined) return checkVerdict(terminal, flags.verdict);
      if (flags.faults === true) return verifyFaults(terminal, flags);
      return withDatabase(
        terminal,
        async ({ pool }) => {
          const report = await verifyOnce({ pool });
          writeReport(terminal, report, flags.json === true);
          demandSound(report);
        },
        { schema: 'any', statementTimeoutMs: 0 },
      );
    });
}

async function judgeBackup(terminal: Terminal, place: string, flags: { quick?: true; json?: true }): Promise<void> {
  const { report, ...facts } = await verifyBackup(terminal, place, flags.quick === true);
  const { rows, checks } = report ?? {};
  writeFacts(
    terminal,
    { ...facts, whole: true, sound: report?.ok ?? null, ...(flags.json && { rows, checks }) },
    flags.json === true,
  );
  if (report === null) return;
  if (!report.ok && flags.json !== true) writeReport(terminal, report, false);
  demandSound(report);
}

function gather(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Verifies the database, and records it where all is well. */
export async function verifyOnce({ pool }: Pick<Postgres, 'pool'>): Promise<VerifyReport> {
  const client = await pool.connect();
  try {
    const report = await verifyDatabase(client);
    if (report.ok) await recordCare(client, 'last_verify', { rows: report.rows });
    return report;
  } finally {
    client.release();
  }
}

/** Writes what was checked as a table, with examples of what is wrong below it. */
export function writeReport(terminal: Terminal, report: VerifyReport, json: boolean): void {
  if (json) return terminal.out(`${JSON.stringify(report, null, 2)}\n`);
  const counts = Object.entries(report.rows).map(([table, rows]) => `${rows.toLocaleString('en')} ${table}`);
  terminal.out(`${counts.join(', ')}\n\n`);
  const rows = report.checks.map(({ name, holds, violations }) => ({
    check: name,
    result: violations === 0 ? 'ok' : `${violations} WRONG`,
    holds,
  }));
  writeRows(terminal, rows, { json: false, columns: ['check', 'result', 'holds'] });
  for (const { name, violations, examples } of report.checks) {
    if (violations === 0) continue;
    terminal.out(`\n${name}: ${violations} wrong, such as\n`);
    for (const { subject, detail } of examples) terminal.out(`  ${subject}  ${detail}\n`);
  }
}

/** Throws `database_damaged` unless every check held. */
export function demandSound(report: VerifyReport): void {
  const broken = report.checks.filter(({ violations }) => violations > 0).map(({ name }) => name);
  if (broken.length === 0) return;
  throw new StartError({
    code: 'database_damaged',
    message: `unable to call the database sound; ${broken.join(', ')}`,
    hint: 'Keep a backup of it as it is, then see "Backup and restore" in docs/operations.md.',
  });
}
