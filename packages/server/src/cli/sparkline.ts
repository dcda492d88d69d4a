const BARS = '▁▂▃▄▅▆▇█';

/** Values as a line of bars, from nothing to the most of them; where there are more than fit, the most of each part. */
export function sparkline(values: readonly number[], width: number): string {
  const parts = Math.min(width, values.length);
  const peaks = Array.from({ length: parts }, (_none, part) => {
    const from = Math.floor((part * values.length) / parts);
    const to = Math.floor(((part + 1) * values.length) / parts);
    return values.slice(from, to).reduce((a, b) => Math.max(a, b), 0);
  });
  const most = peaks.reduce((a, b) => Math.max(a, b), 0);
  return peaks.map((peak) => BARS[most === 0 ? 0 : Math.ceil((peak / most) * (BARS.length - 1))]).join('');
}
