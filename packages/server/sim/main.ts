/** `npm run sim`: see its `--help`. Exits with 1 when an invariant was broken, or a planted bug was not found. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Arguments, readArguments } from './campaign/arguments.ts';
import { buildWorker } from './campaign/bundle.ts';
import { drawStart, emptyTotals, progressLine, runCampaign, type Totals } from './campaign/campaign.ts';
import { describeOutcome, describePlan, readKeptPlan, shrinkOutcome } from './campaign/one-seed.ts';
import { type Outcome, totalOf } from './campaign/outcome.ts';
import { WorkerPool } from './campaign/worker-pool.ts';
import { describeHunts, huntAll } from './plants/hunt.ts';

const ARTIFACTS = fileURLToPath(new URL('../../../artifacts/sim/', import.meta.url));
const CHECKPOINT = join(ARTIFACTS, 'campaign.json');
const PROGRESS_PERIOD_MS = 5_000;

async function main(options: Arguments): Promise<boolean> {
  mkdirSync(ARTIFACTS, { recursive: true });
  if (options.plant !== undefined) return hunt(options, options.plant);
  const bundle = await buildWorker([]);
  const pool = new WorkerPool(bundle.file);
  try {
    if (options.plan !== undefined) return await runOne(options, pool, readKeptPlan(options.plan));
    if (options.seed !== undefined) return await runOne(options, pool, { seed: String(options.seed) });
    return await campaign(options, pool);
  } finally {
    pool.close();
    bundle.remove();
  }
}

async function campaign(options: Arguments, pool: WorkerPool): Promise<boolean> {
  const from = startOf(options);
  const endsAt =
    options.seeds === undefined ? performance.now() + (options.minutes ?? 1) * 60_000 : Number.POSITIVE_INFINITY;
  let toldAt = performance.now();
  let isStopped = false;
  process.once('SIGINT', () => {
    isStopped = true;
  });
  const totals = await runCampaign({
    pool,
    workers: options.workers ?? cpus().length,
    from,
    last: options.seeds?.last ?? null,
    isOver: () => isStopped || performance.now() >= endsAt,
    onOutcome: (outcome, so_far) => {
      if (outcome.broken.length > 0) tellFailure(outcome);
      if (performance.now() - toldAt < PROGRESS_PERIOD_MS) return;
      toldAt = performance.now();
      writeFileSync(CHECKPOINT, JSON.stringify(so_far));
      console.error(progressLine(so_far));
    },
  });
  writeFileSync(CHECKPOINT, JSON.stringify(totals));
  console.log(describeTotals(totals));
  writeJson(options, { ...totals, injected: totalOf(totals.faults), histories: totals.ran });
  return totals.violations === 0;
}

function startOf({ resume, seeds }: Arguments): Totals {
  if (resume && existsSync(CHECKPOINT)) return JSON.parse(readFileSync(CHECKPOINT, 'utf8')) as Totals;
  return emptyTotals(seeds?.first ?? drawStart(randomBytes(6)));
}

/** One line repeats it. */
function tellFailure({ seed, broken, text }: Outcome): void {
  console.error(`seed ${seed} breaks ${broken.join(', ')}: ${text.split('\n')[2]?.trim() ?? text}`);
  console.error(`  repeat it: npm run sim -- --seed ${seed}`);
}

async function runOne(options: Arguments, pool: WorkerPool, job: Parameters<WorkerPool['run']>[0]): Promise<boolean> {
  const outcome = await pool.run(job);
  console.log(describeOutcome(outcome));
  writeJson(options, { ran: 1, violations: outcome.broken.length === 0 ? 0 : 1, ...outcome });
  if (outcome.broken.length === 0) return true;
  const kept = await shrinkOutcome(pool, outcome);
  const file = join(ARTIFACTS, `seed-${job.seed}.json`);
  writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`);
  console.log(`\nthe smallest plan that was found (${kept.plan.happenings.length} happenings), written to ${file}:`);
  console.log(describePlan(kept.plan));
  console.log(`repeat it: npm run sim -- --plan ${file}`);
  return false;
}

async function hunt(options: Arguments, name: string): Promise<boolean> {
  const hunts = await huntAll({
    name,
    seeds: options.seeds ?? { first: 1n, last: 50n },
    workers: options.workers ?? cpus().length,
    onHunt: (line) => console.error(line),
  });
  console.log(describeHunts(hunts));
  const found = hunts.filter((one) => one.seed !== null).length;
  const ran = hunts.reduce((sum, one) => sum + one.ran, 0);
  writeJson(options, { ran, violations: 0, planted: { found, of: hunts.length }, hunts });
  return found === hunts.length;
}

function describeTotals(totals: Totals): string {
  const lines = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `  ${String(count).padStart(9)}  ${name}`);
  return [
    progressLine(totals),
    `${totals.acknowledged} sends acknowledged, ${totals.received} messages received, ${totals.records} records checked`,
    'faults injected:',
    ...lines(totals.faults),
    'what they did:',
    ...lines(totals.effects),
  ].join('\n');
}

function writeJson({ json }: Arguments, result: object): void {
  if (json === undefined) return;
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

if (!(await main(readArguments()))) process.exitCode = 1;
