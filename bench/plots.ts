import { type Bar, barChart, lineChart, type Series, standalone } from '../packages/load-test/src/report/chart.ts';
import { formatCount, formatMs } from '../packages/load-test/src/report/figures.ts';
import type { BenchResult, Row } from './bench.ts';

/** A picture of a result. */
export interface Plot {
  bench: string;
  name: string;
  alt: string;
  svg: string;
}

const PLOTTERS: Record<string, (result: BenchResult) => Omit<Plot, 'bench'>[]> = {
  fanout: (result) => [plotThroughput(result), ...[100, 400].map((rate) => plotOpenLoop(result, rate))],
  send: (result) => [plotSends(result)],
  latency: (result) => [plotLatency(result)],
  history: (result) => [plotHistory(result)],
  growth: (result) => [
    plotGrowth(
      result,
      'members',
      'Cost of a delivery',
      'microseconds of processor time, by the members of the channel',
    ),
    plotGrowth(result, 'channels', 'Cost of a channel in a sync', 'microseconds for each, by the channels of the user'),
    plotGrowth(
      result,
      'nodes',
      'Cost of a message',
      'microseconds of processor time of all nodes together, by the number of nodes',
      'us_all',
    ),
  ],
};

/** The pictures of those results that have some. */
export function plotsOf(results: BenchResult[]): Plot[] {
  return results.flatMap((result) =>
    (PLOTTERS[result.bench]?.(result) ?? []).map((plot) => ({
      ...plot,
      bench: result.bench,
      svg: standalone(plot.svg),
    })),
  );
}

const number = (row: Row, column: string): number => Number(row[column] ?? Number.NaN);

function barsOf(rows: Row[], nameColumn: string, column: string, ours: string): Bar[] {
  return rows
    .map((row) => ({ name: String(row[nameColumn]), value: number(row, column) }))
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => b.value - a.value)
    .map((bar) => ({ ...bar, colour: bar.name.includes(ours) ? 0 : 4 }));
}

function plotThroughput({ rows }: BenchResult): Omit<Plot, 'bench'> {
  const own = rows.filter((row) => String(row.load).startsWith('1000 subscribers') && row['kept up'] === '');
  const svg = barChart(barsOf(own, 'side', 'deliveries/s', 'outbox'), {
    title: 'Fan-out',
    subtitle: 'deliveries a second on one core, 1,000 subscribers, 16 messages in flight',
    formatX: (value) => (value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : formatCount(value)),
  });
  return { name: 'fanout', alt: 'Deliveries a second by server', svg };
}

function plotOpenLoop({ rows }: BenchResult, rate: number): Omit<Plot, 'bench'> {
  const own = rows.filter((row) => String(row.load) === `1000 subscribers, ${rate} msg/s`);
  const svg = barChart(barsOf(own, 'side', 'p50 ms', 'outbox').reverse(), {
    title: `${rate} messages a second into 1,000 subscribers`,
    subtitle: 'median time from due to received; shorter is better, each tenfold as long',
    isLogX: true,
    formatX: formatMs,
  });
  return { name: `fanout-${rate}`, alt: `Median latency at ${rate} messages a second by server`, svg };
}

function plotSends({ rows }: BenchResult): Omit<Plot, 'bench'> {
  const sides = [...new Set(rows.map((row) => String(row.side)))];
  const best = sides.map((side) => {
    const values = rows.filter((row) => row.side === side).map((row) => number(row, 'per_second'));
    return { side: side.replace(', 64 sockets x', ',').replace(' in flight', ''), per_second: Math.max(...values) };
  });
  const svg = barChart(
    best.map(({ side, per_second }) => ({
      name: short(side),
      value: per_second,
      colour: side.startsWith('sends') ? 0 : 4,
    })),
    {
      title: 'Durable sends',
      subtitle: 'acknowledged after the commit, a second; 64 senders, with 1 or 16 in flight each',
      formatX: formatCount,
    },
  );
  return { name: 'send', alt: 'Acknowledged sends a second by server', svg };
}

function short(side: string): string {
  return side
    .replace('Socket.IO that awaits its INSERT, 64 x', 'Socket.IO + INSERT,')
    .replace('sends,', 'Parley,')
    .replace(/bare statement.*/, 'bare statement');
}

function plotLatency({ rows }: BenchResult): Omit<Plot, 'bench'> {
  const delivered = rows.filter((row) => row['due to'] === 'delivered');
  const line = (name: string, column: string, colour: number): Series => ({
    name,
    colour,
    points: delivered.map((row) => [number(row, 'msg/s'), number(row, column)]),
  });
  const svg = lineChart([line('p50', 'p50_ms', 0), line('p99', 'p99_ms', 1), line('p99.9', 'p99.9_ms', 2)], {
    title: 'From due to delivered',
    subtitle: 'through the whole road, committed before; milliseconds by the offered rate',
    xLabel: 'messages a second',
    isLogX: true,
    isLogY: true,
    xTicks: delivered.map((row) => number(row, 'msg/s')),
    formatX: formatCount,
    formatY: formatMs,
  });
  return { name: 'latency', alt: 'Delivery time by offered rate', svg };
}

function plotHistory({ rows }: BenchResult): Omit<Plot, 'bench'> {
  const shown = ['latest page', 'page in the middle', 'by offset, from the middle', 'unread of 500 channels'];
  const series = shown.map(
    (what, colour): Series => ({
      name: what.replace(', from the middle', '').replace(' of 500 channels', ''),
      colour,
      points: rows.filter((row) => row.what === what).map((row) => [number(row, 'messages'), number(row, 'p50_ms')]),
    }),
  );
  const svg = lineChart(series, {
    title: 'Reading',
    subtitle: 'median, by the messages stored',
    xLabel: 'messages in the database',
    isLogX: true,
    formatX: (value) => (value >= 1e6 ? `${value / 1e6} M` : `${value / 1e3} k`),
    formatY: formatMs,
  });
  return { name: 'history', alt: 'Time of pages and unread counts by messages stored', svg };
}

function plotGrowth(
  { rows }: BenchResult,
  what: string,
  title: string,
  subtitle: string,
  column = 'us_each',
): Omit<Plot, 'bench'> {
  const own = rows.filter((row) => String(row.what).startsWith(what));
  const svg = lineChart(
    [{ name: what, colour: 0, points: own.map((row) => [number(row, 'n'), number(row, column)]) }],
    {
      title,
      subtitle,
      xLabel: what,
      isLogX: true,
      xTicks: own.map((row) => number(row, 'n')),
      formatX: formatCount,
      formatY: (value) => value.toPrecision(3),
    },
  );
  return { name: `growth-${what}`, alt: `${title}, by ${what}`, svg };
}
