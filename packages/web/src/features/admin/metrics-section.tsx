import type { OutputOf } from '@parley/protocol';
import { useMemo, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useEvery } from '../../lib/use-every.ts';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { NO_INPUT, useAnswer } from '../settings/use-answer.ts';
import { Figures } from './figures.tsx';
import { LineChart } from './line-chart.tsx';
import './admin.css';

const HOUR_MS = 3_600_000;
const SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;
type Span = keyof typeof SPANS;

const LIVE_MS = 5_000;
const HISTORY_MS = 30_000;

/** How the server does and did: figures of the last minute, and lines over time. */
export function MetricsSection() {
  const { t } = useWords();
  const [span, setSpan] = useState<Span>('day');
  return (
    <section className="section-part metrics">
      <div className="section-head">
        <h2>{t('admin.metrics')}</h2>
        <fieldset className="segments" aria-label={t('metrics.span')}>
          {(Object.keys(SPANS) as Span[]).map((name) => (
            <button key={name} type="button" aria-pressed={name === span} onClick={() => setSpan(name)}>
              {t(`metrics.span.${name}`)}
            </button>
          ))}
        </fieldset>
      </div>
      <LiveFigures />
      <Charts span={span} />
      <ErrorTable span={span} />
    </section>
  );
}

function LiveFigures() {
  const { t, format } = useWords();
  const { output, problem, reload } = useAnswer('metrics.live', NO_INPUT);
  useEvery(LIVE_MS, reload);
  if (output === null) return <Problem text={problem} />;
  const { total, nodes } = output;
  const figures = [
    [t('metrics.connections'), format.number(total.connections)],
    [t('metrics.messageRate'), format.number(round(total.messageRate))],
    [t('metrics.errorRate'), format.share(total.errorRate)],
    [t('metrics.latency'), t('metrics.ms', { count: format.number(round(total.latency.p99)) })],
    [t('metrics.nodes'), format.number(nodes.length)],
  ] as const;
  return <Figures figures={figures} />;
}

type Point = OutputOf<'metrics.history'>['points'][number];

function Charts({ span }: { readonly span: Span }) {
  const { t, format } = useWords();
  const { input, next } = useSpan(span);
  const { output, problem, reload } = useAnswer('metrics.history', input);
  useEvery(HISTORY_MS, () => {
    next();
    reload();
  });
  if (output === null) return problem === null ? <Spinner /> : <Problem text={problem} />;
  const { points } = output;
  if (points.length === 0) return <p className="soft-text">{t('metrics.none')}</p>;
  const times = points.map(({ at }) => at);
  const line = (name: string, read: (point: Point) => number) => ({ name, values: points.map(read) });
  const number = (value: number) => format.number(round(value));
  const ms = (value: number) => t('metrics.ms', { count: number(value) });
  const shared = { times, from: input.since, until: input.until };
  return (
    <div className="charts">
      <LineChart
        {...shared}
        title={t('metrics.people')}
        series={[
          line(t('metrics.connections'), ({ connections }) => connections),
          line(t('metrics.users'), ({ users }) => users),
        ]}
        write={number}
      />
      <LineChart
        {...shared}
        title={t('metrics.messages')}
        series={[line(t('metrics.messageRate'), ({ messageRate }) => messageRate)]}
        write={number}
      />
      <LineChart
        {...shared}
        title={t('metrics.latencyTitle')}
        series={[
          line('p50', ({ latency }) => latency.p50),
          line('p95', ({ latency }) => latency.p95),
          line('p99', ({ latency }) => latency.p99),
        ]}
        write={ms}
      />
      <LineChart
        {...shared}
        title={t('metrics.errors')}
        series={[line(t('metrics.errorRate'), ({ errorRate }) => errorRate * 100)]}
        write={(value) => format.share(value / 100)}
      />
      <LineChart
        {...shared}
        title={t('metrics.queue')}
        series={[line(t('metrics.queueDepth'), ({ queueDepth }) => queueDepth)]}
        write={number}
      />
      <LineChart
        {...shared}
        title={t('metrics.queueAge')}
        series={[
          line(t('metrics.queueOldest'), ({ queueAgeMs }) => queueAgeMs),
          line(t('metrics.loopDelay'), ({ loopDelayMs }) => loopDelayMs),
        ]}
        write={ms}
      />
      <LineChart
        {...shared}
        title={t('metrics.delivery')}
        series={[line(t('metrics.repairs'), ({ repairs }) => repairs), line(t('metrics.slow'), ({ slow }) => slow)]}
        write={number}
      />
    </div>
  );
}

function ErrorTable({ span }: { readonly span: Span }) {
  const { t, format } = useWords();
  const { input } = useSpan(span);
  const { output } = useAnswer('metrics.errors', input);
  if (output === null || output.patterns.length === 0) return null;
  return (
    <>
      <h3>{t('metrics.patterns')}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard. */}
      <div className="table-frame" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th>{t('metrics.operation')}</th>
              <th>{t('metrics.code')}</th>
              <th className="table-number">{t('metrics.count')}</th>
              <th>{t('metrics.last')}</th>
            </tr>
          </thead>
          <tbody>
            {output.patterns.slice(0, 20).map(({ operation, code, count, lastAt }) => (
              <tr key={`${operation} ${code}`}>
                <td>{operation}</td>
                <td>
                  <code>{code}</code>
                </td>
                <td className="table-number">{format.number(count)}</td>
                <td>{format.dated(lastAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** The time that is shown, up to now; `next` moves it on. */
function useSpan(span: Span) {
  const [now, setNow] = useState(Date.now);
  const input = useMemo(() => ({ since: now - SPANS[span], until: now }), [now, span]);
  return { input, next: () => setNow(Date.now()) };
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}
