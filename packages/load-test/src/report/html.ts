import { formatVerdict } from '../checker/verdict.ts';
import type { Percentiles } from '../histogram.ts';
import type { LoadResult } from '../run/result.ts';
import { CHART_STYLE, escapeHtml } from './chart.ts';
import { chartsOf } from './charts.ts';
import { formatCount, formatMs, formatShare } from './figures.ts';
import { HOVER_SCRIPT, PAGE_STYLE } from './page.ts';
import { formatFacts, titleOf } from './screen.ts';

/** A whole result as one page that needs nothing else: it can be kept, sent, and opened without a network. */
export function formatHtml(result: LoadResult): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(titleOf(result))} · Parley load test</title>
<style>${PAGE_STYLE}${CHART_STYLE}</style></head><body><main>
<header><p class="kicker">Parley load test · ${escapeHtml(result.at.slice(0, 16).replace('T', ' '))} UTC</p>
<h1>${escapeHtml(titleOf(result))}</h1>${banner(result)}</header>
<section class="tiles">${tilesOf(result).join('')}</section>
<section class="charts">${chartsOf(result)
    .map((chart) => `<figure>${chart}</figure>`)
    .join('')}</section>
<section class="columns"><div><h2>Times</h2>${timesTable(result)}</div><div><h2>Run</h2>${factsTable(result)}</div></section>
${stepsSection(result)}
<section><h2>How to read this</h2><p>Messages are sent at moments that are fixed before, whatever became of those sent earlier, and every time counts from the moment
a message was <em>due</em>: when a server stalls, each message that it made wait counts. “Sent” ends with the acknowledgement, which follows the commit; “delivered” ends when another user's
client has the message. After the run, what every watched user was told is held against what the server has stored.</p>
${result.workers.warnings.map((warning) => `<p class="warning">${escapeHtml(warning)}</p>`).join('')}
<p class="faint">Parley ${escapeHtml(result.version)} at ${escapeHtml(result.server.url)} · ${result.machine.cores} × ${escapeHtml(result.machine.cpu)}, ${result.machine.memoryGb} GiB, Linux ${escapeHtml(result.machine.kernel)}, Node ${escapeHtml(result.machine.node)} · seed ${result.options.seed}</p></section>
</main><script>${HOVER_SCRIPT}</script></body></html>
`;
}

function banner(result: LoadResult): string {
  const { verdict, ok, checks } = result;
  const failed = checks.filter((check) => !check.met);
  const text = ok
    ? 'Nothing lost, nothing doubled, nothing out of order'
    : failed.map(({ name, value }) => `${name}: ${value}`).join(' · ');
  const looked = `${formatCount(verdict.acknowledged)} acknowledged messages and ${formatCount(verdict.received)} receptions were checked against what is stored`;
  const story = verdict.ok ? '' : `<pre>${escapeHtml(formatVerdict(verdict))}</pre>`;
  return `<div class="banner ${ok ? 'good' : 'bad'}"><strong>${ok ? '✓' : '✗'} ${escapeHtml(text)}</strong><span>${looked}</span></div>${story}`;
}

function tilesOf({ rates, times, counts, options, best, checks }: LoadResult): string[] {
  const tile = (name: string, value: string, note: string): string =>
    `<div class="tile"><span>${name}</span><b>${value}</b><small>${escapeHtml(note)}</small></div>`;
  const sessions = tile(
    'connected',
    formatCount(options.concurrentUsers),
    `p99 ${formatMs(times.connect.p99)} to be in sync`,
  );
  const held = tile(
    'checks',
    `${checks.filter((check) => check.met).length}/${checks.length}`,
    'of what a run must show',
  );
  if (options.isFinding) {
    const rate = best === null ? '-' : formatCount(best.rate);
    return [
      tile('highest rate', rate, 'messages a second within the objective'),
      tile('deliveries there', best === null ? '-' : `${formatCount(best.delivered)}/s`, 'to all users together'),
      tile('p99 there', formatMs(best?.deliveredP99 ?? Number.NaN), 'from due to delivered'),
      sessions,
      held,
    ];
  }
  if (counts.sent === 0) return [sessions, held];
  const refused = counts.refusals / Math.max(1, counts.refusals + counts.acknowledged);
  return [
    tile('sent', `${formatCount(rates.acknowledged)}/s`, `${formatCount(counts.acknowledged)} acknowledged`),
    tile('delivered', `${formatCount(rates.delivered)}/s`, `${formatCount(counts.delivered)} receptions`),
    tile('p50', formatMs(times.delivered.p50), 'from due to delivered'),
    tile('p99', formatMs(times.delivered.p99), `worst ${formatMs(times.delivered.max)}`),
    tile('errors', formatShare(refused), `${formatCount(counts.refusals)} of all attempts`),
    sessions,
  ];
}

function timesTable({ times }: LoadResult): string {
  const rows: [string, Percentiles][] = [
    ['due to sent', times.sent],
    ['due to delivered', times.delivered],
    ['connect', times.connect],
    ['resume', times.resume],
    ['own delay', times.late],
  ];
  const body = rows
    .filter(([, { count }]) => count > 0)
    .map(
      ([name, { p50, p90, p99, p999, max, count }]) =>
        `<tr><th>${name}</th>${[p50, p90, p99, p999, max].map((ms) => `<td>${formatMs(ms)}</td>`).join('')}<td>${formatCount(count)}</td></tr>`,
    );
  return `<div class="scroll"><table><thead><tr><th></th><td>p50</td><td>p90</td><td>p99</td><td>p99.9</td><td>max</td><td>count</td></tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function factsTable(result: LoadResult): string {
  const rows = [
    ...formatFacts(result),
    ...result.checks.map(({ name, value, met }): [string, string] => [
      met ? '✓ held' : '✗ missed',
      `${name}: ${value}`,
    ]),
  ];
  return `<table class="facts"><tbody>${rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</tbody></table>`;
}

function stepsSection({ steps, options }: LoadResult): string {
  if (!options.isFinding) return '';
  const rows = [...steps]
    .sort((a, b) => a.rate - b.rate)
    .map(
      (step) =>
        `<tr><th>${formatCount(step.rate)}/s</th><td>${formatCount(step.acknowledged)}/s</td><td>${formatCount(step.delivered)}/s</td><td>${formatMs(step.deliveredP50)}</td><td>${formatMs(step.deliveredP99)}</td><td>${formatShare(step.errorRate)}</td><td>${formatShare(step.workerCpu)}</td><td>${step.held ? 'holds' : 'fails'}</td></tr>`,
    );
  return `<section><h2>Rates that were tried</h2><div class="scroll"><table><thead><tr><th>rate</th><td>sent</td><td>delivered</td><td>p50</td><td>p99</td><td>errors</td><td>worker CPU</td><td></td></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}
