/** `npm run bench`: see its `--help`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCount, scriptCommand } from '../scripts/command-line.ts';
import type { Bench, BenchResult } from './bench.ts';
import { nodeCommand } from './processes.ts';
import { formatBudgets, formatResult } from './report.ts';

/** Longer than any bench takes on a quiet machine; one that hangs must not take the others with it. */
const MOST_MINUTES = 20;

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

const isHelpAsked = process.argv.includes('--help');
const command = scriptCommand('bench', 'Measures Parley, beside others where there are any.')
  .argument('<names...>', `all, or some of ${Object.keys(BENCHES).join(', ')}`)
  .option('--quick', 'shorter and rougher')
  .option('--large', 'up to ten million messages')
  .option('--size <n>', 'another size, of what the bench counts', readCount)
  .option('--json <file>', 'writes what came out')
  .addHelpText('after', isHelpAsked ? `\n${await descriptions()}` : '')
  .parse();
const options = command.opts<{ quick?: true; large?: true; size?: number; json?: string }>();
const names = command.args.includes('all') ? Object.keys(BENCHES) : command.args;
for (const name of names) if (!(name in BENCHES)) command.error(`error: there is no bench called ${name}`);

const results: BenchResult[] = [];
const failed: string[] = [];
const { quick = false, large = false } = options;
const size = options.size === undefined ? {} : { size: options.size };
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
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(names.length === 1 ? results[0] : results, null, 2)}\n`);
  }
}
if (names.length > 1) console.log(formatBudgets(results));
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

async function descriptions(): Promise<string> {
  const benches = await Promise.all(Object.values(BENCHES).map((load) => load()));
  return benches.map(({ name, description }) => `  ${name.padEnd(12)} ${description}`).join('\n');
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
  const sized = options.size === undefined ? [] : ['--size', String(options.size)];
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
