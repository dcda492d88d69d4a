import { HISTORY_STEPS, type HistoryStep, type MetricsPoint } from '@parley/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { VERSION } from '../lib/version.ts';
import { NO_FIGURES } from '../monitoring/figures.ts';
import { Trends } from '../trends/trends.ts';
import { Usage } from '../trends/usage.ts';
import { sparkline } from './sparkline.ts';
import { processTerminal, type Terminal, writeRows } from './terminal.ts';
import { withDatabase } from './with-database.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Wide enough to see a day, narrow enough for any terminal. */
const CHART_WIDTH = 48;
const SHOWN_ERRORS = 5;
const LABEL_WIDTH = 22;

/** What is drawn, with how its values are written. */
const CHARTS: readonly (readonly [
  label: string,
  of: (point: MetricsPoint) => number,
  shown: (value: number) => string,
])[] = [
  ['connections', (point) => point.connections, String],
  ['messages/s', (point) => point.messageRate, (value) => value.toFixed(1)],
  ['errors, % of commands', (point) => point.errorRate * 100, (value) => value.toFixed(2)],
  ['latency p50, ms', (point) => point.latency.p50, (value) => value.toFixed(1)],
  ['latency p99, ms', (point) => point.latency.p99, (value) => value.toFixed(1)],
  ['queue depth', (point) => point.queueDepth, String],
  ['loop delay, ms', (point) => point.loopDelayMs, (value) => value.toFixed(0)],
];

interface StatsFlags {
  readonly last: number;
  readonly step?: HistoryStep;
  readonly json?: true;
}

/** `parley stats`: how the server did and who used it, from the history that its nodes keep. */
export function statsCommand(terminal: Terminal = processTerminal): Command {
  return new Command('stats')
    .description('Show how the server did: load, errors and latency, and who used it, as its nodes have recorded')
    .option('--last <time>', 'how far back, such as 30m, 6h or 7d', readTime, 24 * 3_600_000)
    .addOption(new Option('--step <step>', 'length of the intervals').choices(Object.keys(HISTORY_STEPS)))
    .option('--json', 'as JSON')
    .action((flags: StatsFlags) => withDatabase(terminal, ({ db }) => tell(terminal, trendsOn(db), flags)));
}

function trendsOn(db: ConstructorParameters<typeof Trends>[0]['db']): Trends {
  const clock = systemClock;
  // The command line is no node: it adds nothing of its own to what the nodes have told.
  const usage = new Usage({ db, clock, onFault: () => {} });
  return new Trends({ db, clock, usage, node: '', version: VERSION, minute: () => NO_FIGURES });
}

async function tell(terminal: Terminal, trends: Trends, { last, step, json }: StatsFlags): Promise<void> {
  const until = systemClock.now();
  const span = { since: until - last, until };
  const live = await trends.live();
  const nodes = live.nodes.filter(({ node }) => node !== '');
  const history = await trends.history({ ...span, step });
  const { hours } = await trends.usage(span);
  const { patterns } = await trends.errors(span);
  if (json === true) {
    return terminal.out(`${JSON.stringify({ at: live.at, nodes, ...history, hours, errors: patterns }, null, 2)}\n`);
  }
  terminal.out(`${nodes.length} node${nodes.length === 1 ? '' : 's'} now\n`);
  if (history.points.length === 0) return terminal.out('\nnothing is recorded of that time\n');
  terminal.out(`\nfrom ${timeOf(span.since)} to ${timeOf(until)}, in steps of ${history.step}\n`);
  for (const [label, of, shown] of CHARTS) terminal.out(chartLine(label, history.points.map(of), shown));
  const messages = hours.map((hour) => hour.messages);
  const users = hours.map((hour) => hour.users);
  terminal.out('\nby hour\n');
  terminal.out(chartLine('messages', messages, String));
  terminal.out(chartLine('users who wrote', users, String));
  terminal.out(
    chartLine(
      'channels in use',
      hours.map((hour) => hour.channels),
      String,
    ),
  );
  if (patterns.length === 0) return terminal.out('\nno errors\n');
  terminal.out('\nmost frequent errors\n');
  const rows = patterns.slice(0, SHOWN_ERRORS).map(({ operation, code, count, lastAt, trend }) => ({
    operation,
    code,
    count,
    last: new Date(lastAt),
    trend: trend > 0.6 ? 'rising' : trend < 0.4 ? 'falling' : 'steady',
  }));
  writeRows(terminal, rows, { json: false, columns: ['operation', 'code', 'count', 'last', 'trend'] });
}

function chartLine(label: string, values: readonly number[], shown: (value: number) => string): string {
  const last = values.at(-1) ?? 0;
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return `  ${label.padEnd(LABEL_WIDTH)} ${sparkline(values, CHART_WIDTH).padEnd(CHART_WIDTH)}  now ${shown(last)}, most ${shown(most)}\n`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

function readTime(text: string): number {
  const match = /^(\d{1,4})([mhd])$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0) || ms > 400 * 86_400_000) throw new InvalidArgumentError('such as 30m, 6h or 7d, at most 400d');
  return ms;
}
