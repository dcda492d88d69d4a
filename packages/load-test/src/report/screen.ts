import { styleText } from 'node:util';
import { formatVerdict } from '../checker/verdict.ts';
import type { Percentiles } from '../histogram.ts';
import type { Step } from '../run/find.ts';
import type { LoadResult } from '../run/result.ts';
import { formatCount, formatMs, formatShare } from './figures.ts';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** A whole result for a terminal. */
export function formatScreen(result: LoadResult, isColoured: boolean): string {
  const paint = (style: Style, text: string): string =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  const { options, times, workers } = result;
  const lines = [
    '',
    `  ${paint('bold', titleOf(result))}`,
    '',
    ...formatFacts(result).map(([name, value]) => `  ${paint('dim', name.padEnd(12))}${value}`),
    '',
    ...table(
      ['', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count'],
      [
        ...row('due to sent', times.sent),
        ...row('due to delivered', times.delivered),
        ...row('connect', times.connect),
        ...row('resume', times.resume),
      ],
    ).map((line, index) => (index === 0 ? paint('dim', line) : line)),
  ];
  if (options.isFinding) lines.push('', ...stepTable(result.steps));
  for (const warning of workers.warnings) lines.push('', `  ${paint('yellow', 'careful')}  ${warning}`);
  lines.push(
    '',
    ...result.checks.map(
      ({ name, value, met }) => `  ${met ? paint('green', '✓') : paint('red', '✗')} ${name}: ${value}`,
    ),
  );
  if (!result.verdict.ok) lines.push('', paint('red', formatVerdict(result.verdict)));
  const { best } = result;
  if (best !== null)
    lines.push('', `  ${paint('bold', `highest rate within the objective: ${formatCount(best.rate)} messages/s`)}`);
  return `${lines.join('\n')}\n`;
}

/** What was done, in one line. */
export function titleOf({ options }: LoadResult): string {
  const { scenario, concurrentUsers, messageRate, duration, isFinding } = options;
  const users = `${formatCount(concurrentUsers)} users`;
  if (isFinding) return `${scenario}: the highest rate with ${users}`;
  const rate = messageRate === 0 ? 'no messages' : `${formatCount(messageRate)} messages/s`;
  return `${scenario}: ${users}, ${rate}, ${duration / 1_000} s`;
}

/** The main figures by name. */
export function formatFacts(result: LoadResult): [string, string][] {
  const { counts, rates, errors, expectedDeliveries, options, server, workers } = result;
  const facts: [string, string][] = [];
  if (counts.sent > 0 && !options.isFinding) {
    facts.push([
      'sent',
      `${formatCount(counts.acknowledged)} of ${formatCount(counts.sent)}, ${formatCount(rates.acknowledged)}/s`,
    ]);
    facts.push([
      'delivered',
      `${formatCount(counts.delivered)} of ${formatCount(expectedDeliveries)}, ${formatCount(rates.delivered)}/s`,
    ]);
  }
  const refusals = Object.entries(errors).map(([code, count]) => `${code} ${formatCount(count)}`);
  facts.push(['errors', refusals.length === 0 ? 'none' : refusals.join(', ')]);
  if (counts.disconnects > 0) {
    const slow = counts.cutAsSlow > 0 ? `, ${formatCount(counts.cutAsSlow)} cut as slow` : '';
    facts.push([
      'broken',
      `${formatCount(counts.disconnects)} sockets${slow}; ${formatCount(counts.connects)} came back`,
    ]);
  }
  if (counts.gaps > 0) facts.push(['repaired', `${formatCount(counts.gaps)} gaps, by asking for what was missing`]);
  facts.push([
    'watched',
    `${formatCount(result.watched)} of ${formatCount(options.concurrentUsers)} users, every send, in ${formatCount(result.channels)} channel${result.channels === 1 ? '' : 's'}`,
  ]);
  if (server.use !== null)
    facts.push([
      'server',
      `${formatShare(server.use.cpu)} of a core, ${formatCount(server.use.residentBytes / 2 ** 20)} MiB`,
    ]);
  facts.push([
    'load test',
    `${workers.count === 1 ? 'one worker' : `${workers.count} workers, the busiest`} at ${formatShare(workers.busiestCpu)} of a core`,
  ]);
  return facts;
}

function row(name: string, { count, p50, p90, p99, p999, max }: Percentiles): string[][] {
  if (count === 0) return [];
  return [[name, ...[p50, p90, p99, p999, max].map(formatMs), formatCount(count)]];
}

function stepTable(steps: readonly Step[]): string[] {
  const rows = [...steps].sort((a, b) => a.rate - b.rate);
  return table(
    ['messages/s', 'sent/s', 'delivered/s', 'p50', 'p99', 'errors', 'worker CPU', 'holds'],
    rows.map((step) => [
      formatCount(step.rate),
      formatCount(step.acknowledged),
      formatCount(step.delivered),
      formatMs(step.deliveredP50),
      formatMs(step.deliveredP99),
      formatShare(step.errorRate),
      formatShare(step.workerCpu),
      step.held ? 'yes' : 'no',
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((cells) => cells[column]?.length ?? 0)));
  return [head, ...rows].map(
    (cells) =>
      `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   ')}`,
  );
}
