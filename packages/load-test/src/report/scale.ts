/** How an axis turns values into places. */
export interface Scale {
  /** 0 at the low end, 1 at the high end. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

const NICE_STEPS = [1, 2, 5, 10];

/** An even axis from `low` to at least `high`, with about `count` round ticks. */
export function linearScale(low: number, high: number, count: number): Scale {
  const span = high > low ? high - low : 1;
  const rough = span / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * (NICE_STEPS.find((nice) => nice * size >= rough) ?? 10);
  const first = Math.floor(low / step) * step;
  const last = Math.ceil((low + span) / step - 1e-9) * step;
  const ticks: number[] = [];
  for (let tick = 0; first + tick * step <= last + step / 2; tick++) ticks.push(round(first + tick * step));
  return { at: (value) => (value - first) / (last - first), ticks };
}

/** An axis on which each ten-fold is as long as the next. What is not above zero stands at its low end. */
export function logScale(low: number, high: number): Scale {
  const first = Math.floor(Math.log10(Math.max(low, 1e-6)) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(high, 1e-6)) - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, power) => round(10 ** (first + power)));
  return { at: (value) => (Math.log10(Math.max(value, 10 ** first)) - first) / (last - first), ticks };
}

/** Takes away what binary fractions leave behind. */
function round(value: number): number {
  return Number(value.toPrecision(12));
}
