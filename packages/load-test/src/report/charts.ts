import type { LoadResult } from '../run/result.ts';
import type { Moment } from '../run/timeline.ts';
import { lineChart, type Series } from './chart.ts';
import { formatCount, formatMs } from './figures.ts';

/** Shares of a distribution that are worth a tick. */
const SHARE_TICKS = [0.5, 0.9, 0.99, 0.999, 0.9999];

/** The charts of a result, those that have something to show. */
export function chartsOf(result: LoadResult): string[] {
  const { moments, options, counts, steps } = result;
  const isSending = counts.sent > 0;
  if (options.isFinding && steps.length > 1) return [stepChart(result), stepRates(result), overTime(moments, SESSIONS)];
  const charts = [overTime(moments, SESSIONS)];
  if (!isSending) return charts;
  const seconds = options.duration / 1_000;
  const load = moments.filter(({ second }) => second >= 0 && second < seconds);
  return [
    deliveryTimes(load),
    distribution(result),
    overTime(load, RATES),
    overTime(load, DELIVERIES),
    ...charts,
    overTime(load, OWN_LOAD),
  ];
}

interface OverTime {
  readonly title: string;
  readonly subtitle: string;
  readonly lines: readonly (readonly [name: string, of: (moment: Moment) => number])[];
}

const RATES: OverTime = {
  title: 'Messages',
  subtitle: 'per second',
  lines: [
    ['due', (moment) => moment.sent],
    ['acknowledged', (moment) => moment.acknowledged],
    ['refused', (moment) => moment.refusals],
  ],
};

const DELIVERIES: OverTime = {
  title: 'Deliveries',
  subtitle: 'receptions by all users together, per second',
  lines: [['delivered', (moment) => moment.delivered]],
};

const SESSIONS: OverTime = {
  title: 'Sessions',
  subtitle: 'in sync, from the first that connects',
  lines: [['in sync', (moment) => moment.connected]],
};

const OWN_LOAD: OverTime = {
  title: 'This program itself',
  subtitle: 'per cent of a core that its busiest worker used; near 100 it has measured itself',
  lines: [['busiest worker', (moment) => Math.round(moment.workerCpu * 100)]],
};

function overTime(moments: readonly Moment[], { title, subtitle, lines }: OverTime): string {
  const series = lines.map(
    ([name, of], colour): Series => ({
      name,
      colour,
      points: moments.map((moment) => [moment.second, of(moment)]),
    }),
  );
  return lineChart(series, { title, subtitle, xLabel: 'seconds', formatX: formatCount, formatY: formatCount });
}

function deliveryTimes(moments: readonly Moment[]): string {
  const lines: [string, (moment: Moment) => number | null][] = [
    ['p50', (moment) => moment.deliveredP50],
    ['p99', (moment) => moment.deliveredP99],
    ['worst', (moment) => moment.deliveredMax],
  ];
  const series = lines.map(
    ([name, of], colour): Series => ({
      name,
      colour,
      points: moments.map((moment) => [moment.second, of(moment)]),
    }),
  );
  return lineChart(series, {
    title: 'Time to deliver',
    subtitle: 'from due to received by another, each second',
    xLabel: 'seconds',
    isLogY: true,
    formatX: formatCount,
    formatY: formatMs,
  });
}

/** The share that took longer is what the axis goes by: each step to the right is a tenth of the one before. */
function distribution({ curve }: LoadResult): string {
  const shares = curve.filter(({ share }) => share >= 0.5 && share < 1);
  const x = (share: number): number => 1 / (1 - share);
  return lineChart(
    [
      { name: 'sent', colour: 1, points: shares.map(({ share, sent }) => [x(share), sent]) },
      { name: 'delivered', colour: 0, points: shares.map(({ share, delivered }) => [x(share), delivered]) },
    ],
    {
      title: 'All times',
      subtitle: 'so many per cent took at most so long',
      xLabel: 'per cent of the messages',
      isLogX: true,
      isLogY: true,
      xTicks: SHARE_TICKS.map(x),
      formatX: (value) => `${Number((100 - 100 / value).toPrecision(6))} %`,
      formatY: formatMs,
    },
  );
}

function stepChart({ steps }: LoadResult): string {
  const rising = [...steps].sort((a, b) => a.rate - b.rate);
  return lineChart(
    [
      { name: 'p50', colour: 0, points: rising.map((step) => [step.rate, step.deliveredP50]) },
      { name: 'p99', colour: 1, points: rising.map((step) => [step.rate, step.deliveredP99]) },
    ],
    {
      title: 'Time to deliver at each rate',
      subtitle: 'from due to received by another',
      xLabel: 'messages a second',
      isLogX: true,
      isLogY: true,
      formatX: formatCount,
      formatY: formatMs,
    },
  );
}

function stepRates({ steps }: LoadResult): string {
  const rising = [...steps].sort((a, b) => a.rate - b.rate);
  return lineChart(
    [
      { name: 'asked', colour: 1, points: rising.map((step) => [step.rate, step.rate]) },
      { name: 'acknowledged', colour: 0, points: rising.map((step) => [step.rate, step.acknowledged]) },
    ],
    {
      title: 'What became of it',
      subtitle: 'messages acknowledged per second',
      xLabel: 'messages a second',
      isLogX: true,
      formatX: formatCount,
      formatY: formatCount,
    },
  );
}
