/** `npm run bench -- NAME|all [--quick] [--large] [--size N] [--json FILE]` */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Bench, BenchResult } from './bench.ts';
import { formatBudgets, formatResult } from './report.ts';

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
    const bench = await BENCHES[name]?.();
    if (bench === undefined) continue;
    const result = await bench.run({ quick, large, ...size, log: (line) => console.error(line) });
    results.push(result);
    console.log(`${formatResult(result)}\n`);
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
