/** `npm run faults`: see its `--help`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@parley/load-test';
import { readCount, readSeed, scriptCommand } from '../../scripts/command-line.ts';
import { forgetOutcomes, type Outcome, runCampaign, Stage } from './campaign.ts';
import type { FaultKind } from './fault.ts';
import { FAULT_KINDS } from './plan.ts';
import { formatReport, repeatLine, reportOf } from './report.ts';

const DIRECTORY = 'artifacts/faults';

const options = scriptCommand(
  'faults',
  'Breaks real processes while people talk, and has the checker judge what they saw.',
)
  .option('--count <n>', 'trials', readCount, 200)
  .option('--seed <seed>', 'run again with the same one it goes on where it ended', readSeed)
  .option('--only <kinds>', 'kinds of fault, joined by +')
  .option('--fresh', 'begins anew')
  .option('--list', 'tells the kinds of fault')
  .option('--json <file>', 'writes what came out')
  .parse()
  .opts<{ count: number; seed?: bigint; only?: string; fresh?: true; list?: true; json?: string }>();

if (options.list) {
  for (const { name, row, what, shapes } of FAULT_KINDS)
    console.log(`${name.padEnd(26)} ${row.padEnd(4)} ${what}${shapes.length === 1 ? ` (${shapes[0]})` : ''}`);
  process.exit(0);
}

const only = options.only?.split('+').map(kindOf);
const { count, seed = BigInt(Date.now()) } = options;
const file = join(DIRECTORY, `${seed}${options.only === undefined ? '' : `-${options.only}`}.jsonl`);
if (options.fresh) forgetOutcomes(file);
const startedAt = performance.now();
console.log(`seed ${seed}: ${count} trials; what is done is kept in ${file}`);

const stage = new Stage(new Random(seed));
// No process of ours may outlive this one, however it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(130));
process.once('uncaughtException', (error) => {
  console.error(error);
  void end(1);
});

const outcomes = await runCampaign(stage, {
  seed,
  count,
  only,
  file,
  onOutcome: tell,
  onFailure(outcome, records) {
    mkdirSync(DIRECTORY, { recursive: true });
    const lines = records.map((record) => JSON.stringify(record));
    writeFileSync(join(DIRECTORY, `failed-${outcome.seed}.history.jsonl`), `${lines.join('\n')}\n`);
  },
});
const report = reportOf(outcomes);
console.log(`\n${formatReport(report)}`);
for (const outcome of report.failed) console.log(`FAILED  ${repeatLine(outcome, options.only)}`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
await end(report.violations === 0 && report.ran > 0 ? 0 : 1);

async function end(code: number): Promise<never> {
  await stage.stop();
  process.exit(code);
}

function tell(outcome: Outcome, done: number): void {
  const { shape, faults, recoveryMs, acknowledged, ok, story } = outcome;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const felt = recoveryMs === null ? 'never recovered' : `recovered in ${recoveryMs} ms`;
  console.log(`${done}/${count} ${seconds} s  ${shape} ${faults.join(' + ')}: ${acknowledged} acknowledged, ${felt}`);
  if (!ok) console.log(`${story}\n  repeat: ${repeatLine(outcome, options.only)}`);
}

function kindOf(name: string): FaultKind {
  const kind = FAULT_KINDS.find((known) => known.name === name);
  if (kind !== undefined) return kind;
  console.error(`unable to run; no fault is called ${name}, see --list`);
  process.exit(2);
}
