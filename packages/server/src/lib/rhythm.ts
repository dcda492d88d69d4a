const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { min: MINUTE_MS, h: 3_600_000, d: DAY_MS };

/** When something is done again and again: at a time of each day by UTC, or so long after the last time. */
export type Rhythm =
  | { readonly kind: 'daily'; readonly atMs: number }
  | { readonly kind: 'every'; readonly periodMs: number };

/** Reads `03:00` and `30min`, `6h`, `2d`; null for anything else. */
export function parseRhythm(text: string): Rhythm | null {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined) return { kind: 'daily', atMs: (Number(hour) * 60 + Number(minute)) * MINUTE_MS };
  const [, count, unit = ''] = /^([1-9]\d{0,3})(min|h|d)$/.exec(text) ?? [];
  return count === undefined ? null : { kind: 'every', periodMs: Number(count) * (UNITS[unit] ?? 0) };
}

/** Whether its time has come, for what was last done at a time (epoch milliseconds), or never. */
export function isDue(rhythm: Rhythm, lastAt: number | null, now: number): boolean {
  if (lastAt === null) return true;
  if (rhythm.kind === 'every') return lastAt + rhythm.periodMs <= now;
  const today = Math.floor(now / DAY_MS) * DAY_MS + rhythm.atMs;
  return lastAt < (today <= now ? today : today - DAY_MS);
}

/** The longest time between two turns. */
export function periodOf(rhythm: Rhythm): number {
  return rhythm.kind === 'every' ? rhythm.periodMs : DAY_MS;
}
