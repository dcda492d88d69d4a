/**
 * `npm run bench:docs -- FILE...`: what `npm run bench -- ... --json FILE` found, as the tables and plots of docs/performance.md and the
 * capacity table of docs/operations.md. The latest result of each bench is kept, so that some may be run again without the others.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scriptCommand } from '../scripts/command-line.ts';
import type { BenchResult, Row } from './bench.ts';
import { capacityOf } from './capacity.ts';
import { plotsOf } from './plots.ts';
import { formatBudgets, formatTable } from './report.ts';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const OPERATIONS = fileURLToPath(new URL('../docs/operations.md', import.meta.url));
const PLOTS = fileURLToPath(new URL('../docs/performance/', import.meta.url));
const KEPT = `${PLOTS}results.json`;

const { args: files } = scriptCommand('bench:docs', 'Writes what benches found into the documentation.')
  .argument('<files...>', 'as written by `npm run bench -- all --json FILE`')
  .parse();

mkdirSync(PLOTS, { recursive: true });
const results = latestOf([KEPT, ...files].flatMap(read));
writeFileSync(KEPT, `${JSON.stringify(results, null, 1)}\n`);
const plots = plotsOf(results);
for (const { name, svg } of plots) writeFileSync(`${PLOTS}${name}.svg`, `${svg}\n`);

let page = readFileSync(PAGE, 'utf8');
page = fill(
  page,
  'budgets',
  formatBudgets(results)
    .replace(/^## /, '**')
    .replace(/ met\n/, ' met**\n'),
);
page = fill(page, 'machine', machineOf(results));
for (const result of results) page = fill(page, result.bench, sectionOf(result));
writeFileSync(PAGE, page);
const capacity = capacityOf(results);
if (capacity.length > 0) {
  const table = `\n${machineOf(results)}\n\n${formatTable(capacity)}\n`;
  writeFileSync(OPERATIONS, fill(readFileSync(OPERATIONS, 'utf8'), 'capacity', table));
}
console.log(`docs/performance.md: ${results.length} benches, ${plots.length} plots`);

function read(file: string): BenchResult[] {
  if (file === KEPT && !existsSync(file)) return [];
  const found: BenchResult | BenchResult[] = JSON.parse(readFileSync(file, 'utf8'));
  return Array.isArray(found) ? found : [found];
}

/** The last of each bench, in the place of the first. */
function latestOf(all: readonly BenchResult[]): BenchResult[] {
  return [...new Map(all.map((result) => [result.bench, result])).values()];
}

/** Puts text between the two comments that name it; a bench without a place is left out. */
function fill(text: string, name: string, body: string): string {
  const place = new RegExp(`(<!-- bench: ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);
  if (!place.test(text)) console.error(`there is no place for ${name}`);
  return text.replace(place, (_, begin: string, end: string) => `${begin}${body}\n${end}`);
}

function machineOf(all: BenchResult[]): string {
  const last = [...all].sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (last === undefined) return '';
  const { cpu, cores, kernel, node } = last.machine;
  return `${last.at.slice(0, 10)}, ${cores} x ${cpu}, kernel ${kernel}, Node ${node}.`;
}

function sectionOf(result: BenchResult): string {
  const pictures = plots
    .filter((plot) => plot.bench === result.bench)
    .map(({ name, alt }) => `![${alt}](performance/${name}.svg)`);
  const ratios: Row[] = Object.entries(result.ratios).map(([ratio, value]) => ({ ratio, value }));
  const parts = [...pictures, formatTable(result.rows), ...(ratios.length > 0 ? [formatTable(ratios)] : [])];
  return `\n${result.at.slice(0, 10)}\n\n${parts.join('\n\n')}\n`;
}
