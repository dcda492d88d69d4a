/** `npm run bench -- NAME|all [--quick] [--large] [--size N] [--json FILE]` */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, BenchResult } from './bench.ts';
import { nodeCommand } from './processes.ts';
import { formatBudgets, formatResult } from './report.ts';

/** Longer than any bench takes on a quiet machine; one that hangs must not take the others with it. */
const MOST_MINUTES = 12;

/** Each bench by its name, loaded only when it runs. */
const BENCHES: Record<string, () => Promise<Bench>> = {
  fanout: () => import('./fanout/fanout.ts'),
  send: () => import('./send/send.ts'),
  latency: () => import('./latency/latency.ts'),
  sessions: () => import('./sessions/sessions.ts'),
  history: () => import('./history/history.ts'),
  search: () => import('./search.ts'),
  cluster: () => import('./cluster/cluster.ts'),
  storm: () => import('./storm/storm.ts'),
  receipts: () => import('./receipts/receipts.ts'),
  unread: () => import('./unread/unread.ts'),
  recent: () => import('./recent/recent.ts'),
  presence: () => import('./presence/presence.ts'),
  growth: () => import('./growth/growth.ts'),
  backup: () => import('./backup/backup.ts'),
  start: () => import('./start.ts'),
  scroll: () => import('./scroll/scroll.ts'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    size: { type: 'string' },
    json: { type: 'string' },
  },
});
const names = positionals.includes('all') ? Object.keys(BENCHES) : positionals;

const isSize = values.size === undefined || /^[1-9]\d*$/.test(values.size);
if (!isSize || names.length === 0 || names.some((name) => !(name in BENCHES))) {
  console.error('usage: npm run bench -- NAME|all [--quick] [--large] [--size N] [--json FILE]\n');
  for (const load of Object.values(BENCHES)) {
    const { name, description } = await load();
    console.error(`  ${name.padEnd(12)} ${description}`);
  }
  process.exit(2);
}

const results: BenchResult[] = [];
const failed: string[] = [];
const { quick, large } = values;
const size = values.size === undefined ? {} : { size: Number(values.size) };
for (const name of names) {
  const startedAt = performance.now();
  try {
    results.push(names.length === 1 ? await runHere(name) : await runApart(name));
  } catch (error) {
    // The others are worth having all the same.
    if (names.length === 1) throw error;
    failed.push(name);
    console.error(`${name} failed:`, error);
  }
  console.error(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify(names.length === 1 ? results[0] : results, null, 2)}\n`);
  }
}
if (names.length > 1) console.log(formatBudgets(results));
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

async function runHere(name: string): Promise<BenchResult> {
  const bench = await BENCHES[name]?.();
  if (bench === undefined) throw new Error(`unable to run ${name}; there is no such bench`);
  const result = await bench.run({ quick, large, ...size, log: (line) => console.error(line) });
  console.log(`${formatResult(result)}\n`);
  return result;
}

/** In a process of its own, so that none finds what another has left: code that is compiled, a heap that has grown. */
async function runApart(name: string): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-bench-result-'));
  const json = join(directory, 'result.json');
  const [program = '', ...rest] = nodeCommand(fileURLToPath(import.meta.url));
  const flags = [...(quick ? ['--quick'] : []), ...(large ? ['--large'] : [])];
  const sized = values.size === undefined ? [] : ['--size', values.size];
  const child = spawn(program, [...rest, name, ...flags, ...sized, '--json', json], {
    stdio: 'inherit',
    detached: true,
  });
  // The whole group: a bench has servers and clients of its own.
  const end = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  const onSignal = (): void => {
    end();
    process.exit(130);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const timer = setTimeout(end, MOST_MINUTES * 60_000);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0)
      throw new Error(`unable to measure; the bench ended with ${code ?? `nothing after ${MOST_MINUTES} minutes`}`);
    return JSON.parse(readFileSync(json, 'utf8')) as BenchResult;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    rmSync(directory, { recursive: true, force: true });
  }
}
