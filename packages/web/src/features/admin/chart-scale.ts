/** A series of values by time; null where nothing is known. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

const STEPS = [1, 2, 2.5, 5, 10] as const;

/** A round number at or above the largest value: the top of a chart that begins at zero. */
export function niceTop(largest: number): number {
  if (!(largest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = STEPS.find((candidate) => candidate * power >= largest * 0.999_999) ?? 10;
  return step * power;
}

/** Moments that are far apart draw no line between them: nothing is known of what lies there. */
const GAP_STEPS = 3;

/** The path of a line through points of 0 to 1 in both directions, broken where values are missing. */
export function linePath(
  times: readonly number[],
  values: readonly (number | null)[],
  { from, until, top }: { readonly from: number; readonly until: number; readonly top: number },
): string {
  const spacing = medianGap(times);
  let path = '';
  let last: number | null = null;
  times.forEach((time, index) => {
    const value = values[index] ?? null;
    if (value === null) {
      last = null;
      return;
    }
    const x = ((time - from) / Math.max(1, until - from)) * 100;
    const y = 100 - (Math.min(value, top) / top) * 100;
    const isBroken = last === null || time - last > spacing * GAP_STEPS;
    // A point that stays alone is drawn as one: a line of no length with round ends.
    path += isBroken ? `M${x.toFixed(2)} ${y.toFixed(2)}h0` : `L${x.toFixed(2)} ${y.toFixed(2)}`;
    last = time;
  });
  return path;
}

function medianGap(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 1;
}

/** The point nearest to a moment; -1 where there is none. */
export function nearest(times: readonly number[], moment: number): number {
  let best = -1;
  times.forEach((time, index) => {
    if (best < 0 || Math.abs(time - moment) < Math.abs((times[best] ?? 0) - moment)) best = index;
  });
  return best;
}
