// `npm test`: the whole proof that a checkout works, on a machine that has only Node and npm. Builds, lints, finds or
// installs what the suites need, runs all of them, the journeys in a browser too, runs the database suites again on the
// system's PostgreSQL and the unit suites on another Node. The last line printed is the result.

import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addReports, readReport, resultLine, suiteFailure } from './test-report.js';
import { ensureBrowser, ensureNode, ensureProgram, oldestPostgres } from './test-tools.js';

/** @typedef {import('./test-report.js').Report} Report */

/** Far above what a slow machine needs; a run that hangs ends here and counts as failed. */
const DEADLINE_MS = 40 * 60_000;

/** The repeats on other versions are left out, and said to be, where the machine was too slow to start them by then. */
const REPEATS_UNTIL_MS = 9 * 60_000;

/** The version that the unit suites run on besides the current one. */
const OTHER_NODE = process.versions.node.startsWith('24.') ? '22' : '24';

const root = fileURLToPath(new URL('..', import.meta.url));
const reportDir = join(root, 'artifacts', 'tests');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const startedAt = performance.now();

/**
 * Runs a command with its output in ours; true when it succeeded.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<boolean>}
 */
function run(command, args, env = {}) {
  const leftMs = Math.max(1, Math.round(DEADLINE_MS - (performance.now() - startedAt)));
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: leftMs,
    shell: process.platform === 'win32' && command === 'npm',
  });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.on('close', (code, signal) => {
      if (signal !== null) console.error(`${command} was ended by ${signal}`);
      resolve(code === 0);
    });
  });
}

/**
 * One step that is no suite: it counts only when it fails.
 *
 * @param {string} name
 * @param {string[]} npmArgs
 * @returns {Promise<Report>}
 */
async function step(name, npmArgs) {
  title(name);
  return (await run('npm', npmArgs)) ? addReports([]) : suiteFailure(name);
}

/**
 * @param {string} name
 * @param {{ node?: string, args?: string[], env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<Report>}
 */
async function suites(name, { node = process.execPath, args = [], env = {} } = {}) {
  title(name);
  const file = join(reportDir, `${name.replace(/\W+/g, '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const isGood = await run(node, [vitest, 'run', ...reporters, ...args], env);
  return readReport(name, file, isGood);
}

/**
 * Says so where it is too late for the repeat on another version.
 *
 * @param {string} version
 */
function hasTimeFor(version) {
  const isEarly = performance.now() - startedAt < REPEATS_UNTIL_MS;
  if (!isEarly) console.log(`\n== the repeat on ${version} is left out: this machine is slow today`);
  return isEarly;
}

/** @param {string} text */
function title(text) {
  console.log(`\n== ${text} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
}

rmSync(reportDir, { recursive: true, force: true });
mkdirSync(reportDir, { recursive: true });

const reports = [await step('build', ['run', '--silent', 'build']), await step('lint', ['run', '--silent', 'lint'])];

title('tools');
const missing = [ensureProgram('Redis', ['redis-server', 'valkey-server'], 'redis-server'), ensureBrowser()];

reports.push(await suites('all suites', { args: ['--project', 'unit', '--project', 'integration'] }));
reports.push(await suites('journeys in a browser', { args: ['--project', 'e2e'] }));

const postgres = oldestPostgres();
if (postgres === undefined)
  console.log('no PostgreSQL in /usr/lib/postgresql: the suites ran on the packaged one alone');
else if (hasTimeFor(`PostgreSQL ${postgres}`)) {
  const options = { args: ['--project', 'integration', '.pg.test'], env: { PARLEY_TEST_PG: postgres } };
  reports.push(await suites(`database suites on PostgreSQL ${postgres}`, options));
}

if (hasTimeFor(`Node ${OTHER_NODE}`)) {
  const node = ensureNode(root, OTHER_NODE);
  if (node === undefined) console.log(`Node ${OTHER_NODE} could not be installed: the suites ran on this Node alone`);
  else reports.push(await suites(`unit suites on Node ${OTHER_NODE}`, { node, args: ['--project', 'unit'] }));
}

const total = addReports(reports);
title('result');
for (const line of missing.flatMap((tool) => tool ?? [])) console.log(line);
for (const failure of total.failures) console.log(`FAILED  ${failure}`);
if (total.passed + total.failed === 0) console.log('no test ran');
console.log(resultLine(total));
if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
