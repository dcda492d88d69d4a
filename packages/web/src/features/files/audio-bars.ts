const BARS = 40;
/** Silence is a dot, not nothing. */
const LOWEST = 12;

/** A waveform as so many bars of 12 to 100 per cent; a flat line where there is none. */
export function barsOf(waveform: readonly number[]): readonly number[] {
  if (waveform.length === 0) return Array.from({ length: BARS }, () => LOWEST);
  const top = Math.max(1, ...waveform);
  return Array.from({ length: BARS }, (_, index) => {
    const from = Math.floor((index * waveform.length) / BARS);
    const to = Math.max(from + 1, Math.floor(((index + 1) * waveform.length) / BARS));
    const peak = Math.max(...waveform.slice(from, to));
    return Math.max(LOWEST, Math.round((peak / top) * 100));
  });
}

/** `1:05` */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
