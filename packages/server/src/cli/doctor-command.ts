import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { WEB_DIRECTORY } from '../app.ts';
import { readConfig, unknownVariables } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import { clusterDirectory } from '../embedded/data-directory.ts';
import { StartError } from '../lib/start-error.ts';
import { diagnoseBackupPlace } from './diagnose-backup.ts';
import { databaseAway, diagnoseDatabase } from './diagnose-database.ts';
import { diagnoseFiles } from './diagnose-files.ts';
import { diagnoseFlags } from './diagnose-flags.ts';
import { diagnoseDescriptors, diagnoseDisk, diagnoseNode, diagnosePort, diagnoseWeb } from './diagnose-machine.ts';
import { diagnoseRedis } from './diagnose-redis.ts';
import { type Finding, failed, warning, well } from './diagnosis.ts';
import { processTerminal, type Terminal, writeRows } from './terminal.ts';
import { withDatabase } from './with-database.ts';

/** `parley doctor`: whether an installation can work, and what to do where not; ends with 1 when something failed. */
export function doctorCommand(terminal: Terminal = processTerminal): Command {
  return new Command('doctor')
    .description('Check this installation, and say what to do')
    .option('--json', 'as JSON')
    .action(async (flags: { json?: true }) => {
      const findings = await diagnose(terminal);
      writeRows(
        terminal,
        findings.map((finding) => ({ ...finding })),
        { json: flags.json === true, columns: ['check', 'result', 'found'] },
      );
      if (flags.json !== true) writeAdvice(terminal, findings);
      const bad = findings.filter(({ result }) => result === 'FAILED').map(({ check }) => check);
      if (bad.length === 0) return;
      throw new StartError({
        code: 'unhealthy',
        message: `unable to call this installation healthy; ${bad.join(', ')}`,
        hint: 'Do what is said above, and run `parley doctor` again.',
      });
    });
}

async function diagnose(terminal: Terminal): Promise<Finding[]> {
  const node = diagnoseNode(process.versions.node);
  let config: Config;
  try {
    config = readConfig(terminal.env);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [node, failed('settings', error.message, error.hint)];
  }
  return [
    node,
    diagnoseSettings(terminal),
    await diagnoseDisk(config.dataDir),
    await diagnoseFiles(config),
    ...(await diagnoseBackupPlace(config)),
    await diagnoseDescriptors(config),
    await diagnosePort(config),
    diagnoseWeb(WEB_DIRECTORY),
    await diagnoseRedis(config.redisUrl),
    diagnoseFlags(Date.now()),
    ...(await reachDatabase(terminal, config)),
  ];
}

function diagnoseSettings({ env }: Terminal): Finding {
  const unknown = unknownVariables(env);
  if (unknown.length === 0) return well('settings', 'all can be read');
  return warning(
    'settings',
    `not a setting: ${unknown.join(', ')}`,
    'Correct the spelling; docs/operations.md has them all.',
  );
}

async function reachDatabase(terminal: Terminal, { databaseUrl, dataDir }: Config): Promise<Finding[]> {
  // Reaching an embedded database that is not there would make it.
  if (databaseUrl === undefined && !existsSync(clusterDirectory(resolve(dataDir)))) {
    return [well('database', `the first start makes one in ${resolve(dataDir)}`)];
  }
  try {
    return await withDatabase(terminal, ({ db, config }) => diagnoseDatabase(db, config), { schema: 'any' });
  } catch (error) {
    return [databaseAway(error)];
  }
}

function writeAdvice(terminal: Terminal, findings: readonly Finding[]): void {
  const withAdvice = findings.filter(({ advice }) => advice !== undefined);
  if (withAdvice.length === 0) return terminal.out('\nAll is well.\n');
  terminal.out('\n');
  for (const { check, advice } of withAdvice) terminal.out(`${check}: ${advice}\n`);
}
