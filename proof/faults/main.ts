/** `npm run faults -- [--count N] [--seed S] [--only KIND[+KIND]] [--json FILE] [--fresh] [--list]` */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '@parley/load-test';
import { forgetOutcomes, type Outcome, runCampaign, Stage } from './campaign.ts';
import type { FaultKind } from './fault.ts';
import { FAULT_KINDS } from './plan.ts';
import { formatReport, repeatLine, reportOf } from './report.ts';

const DIRECTORY = 'artifacts/faults';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now()) },
    only: { type: 'string' },
    json: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

if (values.list) {
  for (const { name, row, what, shapes } of FAULT_KINDS)
    console.log(`${name.padEnd(26)} ${row.padEnd(4)} ${what}${shapes.length === 1 ? ` (${shapes[0]})` : ''}`);
  process.exit(0);
}

const only = values.only?.split('+').map(kindOf);
const seed = BigInt(values.seed);
const count = Number(values.count);
const file = join(DIRECTORY, `${seed}${values.only === undefined ? '' : `-${values.only}`}.jsonl`);
if (values.fresh) forgetOutcomes(file);
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
for (const outcome of report.failed) console.log(`FAILED  ${repeatLine(outcome, values.only)}`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
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
  if (!ok) console.log(`${story}\n  repeat: ${repeatLine(outcome, values.only)}`);
}

function kindOf(name: string): FaultKind {
  const kind = FAULT_KINDS.find((known) => known.name === name);
  if (kind !== undefined) return kind;
  console.error(`unable to run; no fault is called ${name}, see --list`);
  process.exit(2);
}
