import { linearScale, logScale, type Scale } from './scale.ts';

/** A line of a chart. `y` is null where there is nothing to show. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number | null])[];
  /** Which of the colours, from 0. */
  readonly colour: number;
}

export interface ChartOptions {
  readonly title: string;
  /** What the lines are of, with the unit. */
  readonly subtitle: string;
  readonly xLabel: string;
  readonly isLogX?: boolean;
  readonly isLogY?: boolean;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
  /** Ticks of the x axis, where round numbers are not what is wanted. */
  readonly xTicks?: readonly number[];
}

const WIDTH = 560;
const HEIGHT = 264;
const LEFT = 60;
const RIGHT = 26;
const TOP = 62;
const BOTTOM = 42;
const X_TICKS = 6;
const Y_TICKS = 4;
/** With more points than this, dots would hide the line. */
const MAX_DOTS = 16;

/** What the charts look like, in both kinds of light; for a page once, or inside a picture that stands alone. */
export const CHART_STYLE = `
.chart{--ink:#1f2328;--faint:#656d76;--line:#e4e7eb;--c0:#2a78d6;--c1:#d9601a;--c2:#16936a;--c3:#8250df;--c4:#9a6700;font:13px system-ui,-apple-system,"Segoe UI",sans-serif}
@media (prefers-color-scheme:dark){.chart{--ink:#e6edf3;--faint:#8d96a0;--line:#2d333b;--c0:#539bf5;--c1:#f0883e;--c2:#3fb68b;--c3:#b083f0;--c4:#c69026}}
.chart text{fill:var(--faint);font-size:12px}.chart .title{fill:var(--ink);font-size:15px;font-weight:600}
.chart .grid{stroke:var(--line);stroke-width:1}.chart .series{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.chart .c0{stroke:var(--c0)}.chart .c1{stroke:var(--c1)}.chart .c2{stroke:var(--c2)}.chart .c3{stroke:var(--c3)}.chart .c4{stroke:var(--c4)}
.chart .f0{fill:var(--c0)}.chart .f1{fill:var(--c1)}.chart .f2{fill:var(--c2)}.chart .f3{fill:var(--c3)}.chart .f4{fill:var(--c4)}
.chart .label{fill:var(--ink)}`;

/** A line chart as SVG. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const [x, y] = scalesOf(series, options);
  const placeX = (value: number): number => LEFT + x.at(value) * (WIDTH - LEFT - RIGHT);
  const placeY = (value: number): number => HEIGHT - BOTTOM - y.at(value) * (HEIGHT - TOP - BOTTOM);
  const ticksX = (options.xTicks ?? x.ticks).map(
    (tick) =>
      `<text x="${px(placeX(tick))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${escapeHtml(options.formatX(tick))}</text>`,
  );
  const ticksY = y.ticks.map((tick) => {
    const at = px(placeY(tick));
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 8}" y="${px(placeY(tick) + 4)}" text-anchor="end">${escapeHtml(options.formatY(tick))}</text>`;
  });
  const lines = series.map((one) => drawLine(one, placeX, placeY));
  const hover = JSON.stringify({
    left: LEFT,
    right: WIDTH - RIGHT,
    top: TOP,
    bottom: HEIGHT - BOTTOM,
    x: (series[0]?.points ?? []).map(([value]) => [px(placeX(value)), options.formatX(value)]),
    lines: series.map((one) => ({
      name: one.name,
      colour: one.colour,
      y: one.points.map(([, value]) => (value === null ? null : [px(placeY(value)), options.formatY(value)])),
    })),
  });
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${options.title}: ${options.subtitle}`)}" xmlns="http://www.w3.org/2000/svg" data-hover="${escapeHtml(hover)}">
<text class="title" x="0" y="16">${escapeHtml(options.title)}</text><text x="0" y="35">${escapeHtml(options.subtitle)}</text>
${legend(series)}${ticksY.join('')}${ticksX.join('')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escapeHtml(options.xLabel)}</text>
${lines.join('\n')}</svg>`;
}

/** A bar of a bar chart. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly colour: number;
}

const BAR_LEFT = 170;
const BAR_RIGHT = 90;
const BAR_STEP = 30;
const BAR_TOP = 52;

/** Lying bars as SVG, with their values beside them. */
export function barChart(
  bars: readonly Bar[],
  options: Pick<ChartOptions, 'title' | 'subtitle' | 'isLogX' | 'formatX'>,
): string {
  const high = Math.max(...bars.map((bar) => bar.value));
  const low = Math.min(...bars.map((bar) => bar.value));
  const scale = options.isLogX === true ? logScale(low / 2, high) : linearScale(0, high, X_TICKS);
  const height = BAR_TOP + bars.length * BAR_STEP;
  const drawn = bars.map(({ name, value, colour }, index) => {
    const y = BAR_TOP + index * BAR_STEP;
    const width = Math.max(2, scale.at(value) * (WIDTH - BAR_LEFT - BAR_RIGHT));
    return `<text class="label" x="${BAR_LEFT - 10}" y="${y + 15}" text-anchor="end">${escapeHtml(name)}</text><rect class="f${colour}" x="${BAR_LEFT}" y="${y}" width="${px(width)}" height="20" rx="3"/><text class="label" x="${px(BAR_LEFT + width + 8)}" y="${y + 15}">${escapeHtml(options.formatX(value))}</text>`;
  });
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(`${options.title}: ${options.subtitle}`)}" xmlns="http://www.w3.org/2000/svg">
<text class="title" x="0" y="16">${escapeHtml(options.title)}</text><text x="0" y="35">${escapeHtml(options.subtitle)}</text>
${drawn.join('\n')}</svg>`;
}

/** A chart as a picture of its own, with the style inside. */
export function standalone(svg: string): string {
  return svg.replace('>', `><style>${CHART_STYLE}</style>`).replace(/ data-hover="[^"]*"/, '');
}

function scalesOf(series: readonly Series[], { isLogX, isLogY }: ChartOptions): [x: Scale, y: Scale] {
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points }) => points.flatMap(([, y]) => (y === null ? [] : [y])));
  const [lowX, highX] = [Math.min(...xs), Math.max(...xs)];
  const positive = ys.filter((y) => y > 0);
  const x =
    isLogX === true ? exactLog(lowX, highX) : { ...linearScale(lowX, highX, X_TICKS), at: between(lowX, highX) };
  const y =
    isLogY === true
      ? logScale(Math.min(...positive), Math.max(...positive))
      : linearScale(0, Math.max(0, ...ys), Y_TICKS);
  return [{ ...x, ticks: x.ticks.filter((tick) => tick >= lowX && tick <= highX) }, y];
}

/** The x axis ends where the data does. */
function between(low: number, high: number): (value: number) => number {
  return (value) => (high > low ? (value - low) / (high - low) : 0.5);
}

function exactLog(low: number, high: number): Scale {
  const place = between(Math.log10(low), Math.log10(high));
  return { at: (value) => place(Math.log10(value)), ticks: logScale(low, high).ticks };
}

function drawLine({ points, colour }: Series, placeX: (x: number) => number, placeY: (y: number) => number): string {
  let path = '';
  let isDown = false;
  for (const [x, y] of points) {
    if (y !== null) path += `${isDown ? 'L' : 'M'}${px(placeX(x))} ${px(placeY(y))}`;
    isDown = y !== null;
  }
  const dots =
    points.length > MAX_DOTS
      ? []
      : points.map(([x, y]) =>
          y === null ? '' : `<circle class="f${colour}" cx="${px(placeX(x))}" cy="${px(placeY(y))}" r="3.5"/>`,
        );
  return `<path class="series c${colour}" d="${path}"/>${dots.join('')}`;
}

function legend(series: readonly Series[]): string {
  if (series.length < 2) return '';
  let x = WIDTH - RIGHT;
  return [...series]
    .reverse()
    .map(({ name, colour }) => {
      x -= name.length * 6.6 + 30;
      return `<rect class="f${colour}" x="${px(x + 12)}" y="7" width="10" height="10" rx="2"/><text class="label" x="${px(x + 26)}" y="16">${escapeHtml(name)}</text>`;
    })
    .join('');
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
