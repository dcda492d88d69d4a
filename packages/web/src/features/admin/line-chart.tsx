import { type PointerEvent, useId, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { linePath, nearest, niceTop, type Series } from './chart-scale.ts';

interface LineChartProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly from: number;
  readonly until: number;
  /** Writes a value with its unit. */
  readonly write: (value: number) => string;
}

const LINES = [0, 0.5, 1] as const;

/** Values over time as lines. Whoever cannot see it hears where it stands and what its highest point was. */
export function LineChart({ title, times, series, from, until, write }: LineChartProps) {
  const { t, format } = useWords();
  const titleId = useId();
  const [at, setAt] = useState<number | null>(null);
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const top = niceTop(Math.max(0, ...known));
  const shown = at ?? times.length - 1;
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = nearest(times, from + ((event.clientX - box.left) / box.width) * (until - from));
    setAt(index < 0 ? null : index);
  };
  const summary = series
    .map(({ name, values }) => {
      const numbers = values.filter((value) => value !== null);
      return t('metrics.summary', {
        name,
        now: numbers.length === 0 ? '–' : write(numbers.at(-1) ?? 0),
        most: numbers.length === 0 ? '–' : write(Math.max(...numbers)),
      });
    })
    .join(' ');
  const moment = times[shown];
  return (
    <figure className="chart" aria-labelledby={titleId}>
      <figcaption className="chart-head">
        <strong id={titleId}>{title}</strong>
        <span className="chart-when">{at !== null && moment !== undefined ? format.dated(moment) : ''}</span>
      </figcaption>
      <div className="chart-plot">
        <div className="chart-scale" aria-hidden="true">
          {[...LINES].reverse().map((share) => (
            <span key={share}>{write(top * share)}</span>
          ))}
        </div>
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={summary}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
        >
          {LINES.map((share) => (
            <line key={share} className="chart-line" x1="0" x2="100" y1={share * 100} y2={share * 100} />
          ))}
          {series.map(({ name, values }, index) => (
            <path
              key={name}
              className={`chart-series chart-series-${index}`}
              d={linePath(times, values, { from, until, top })}
            />
          ))}
          {at !== null && moment !== undefined && (
            <line
              className="chart-cursor"
              x1={((moment - from) / (until - from)) * 100}
              x2={((moment - from) / (until - from)) * 100}
              y1="0"
              y2="100"
            />
          )}
        </svg>
      </div>
      <ul className="chart-legend">
        {series.map(({ name, values }, index) => {
          const value = values[shown] ?? null;
          return (
            <li key={name}>
              <span className={`chart-dot chart-dot-${index}`} aria-hidden="true" />
              {name} <b>{value === null ? '–' : write(value)}</b>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}
