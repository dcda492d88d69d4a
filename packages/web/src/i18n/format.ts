import { once } from '../lib/once.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Dates and times as one language writes them. */
export interface Format {
  /** `14:05` */
  time(ms: number): string;
  /** `Today`, `Yesterday`, `Monday, 3 November`; with the year when it is another one. */
  day(ms: number, nowMs: number): string;
  /** The whole of it, for who wants to know exactly. */
  exact(ms: number): string;
  /** `3 Nov 2026, 14:05` */
  dated(ms: number): string;
  /** `now`, `5 min. ago`, `yesterday`, then the date. */
  ago(ms: number, nowMs: number): string;
  /** `Ada, Ben, and Cleo` */
  list(items: readonly string[]): string;
  number(value: number): string;
  /** A part of a whole, from 0 to 1: `45 %`. */
  share(value: number): string;
  /** Like `14:05` today, `Mon` this week, `3 Nov` before. */
  short(ms: number, nowMs: number): string;
}

/** Makes the formats of one language, each when it is first used: together they take longer than the first screen is to wait. */
export function makeFormat(language: string): Format {
  const of = (options: Intl.DateTimeFormatOptions) => once(() => new Intl.DateTimeFormat(language, options));
  const time = of({ hour: 'numeric', minute: '2-digit' });
  const dayOfYear = of({ weekday: 'long', day: 'numeric', month: 'long' });
  const dayOfAnyYear = of({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const exact = of({ dateStyle: 'full', timeStyle: 'medium' });
  const dated = of({ dateStyle: 'medium', timeStyle: 'short' });
  const weekday = of({ weekday: 'short' });
  const date = of({ day: 'numeric', month: 'short' });
  const relative = once(() => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }));
  const relativeDay = once(() => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));
  const list = once(() => new Intl.ListFormat(language));
  const number = once(() => new Intl.NumberFormat(language));
  const share = once(() => new Intl.NumberFormat(language, { style: 'percent' }));
  const smallShare = once(() => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }));
  const isSameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();
  return {
    time: (ms) => time().format(ms),
    day(ms, nowMs) {
      const days = daysBetween(ms, nowMs);
      if (days === 0 || days === 1) return capitalise(relativeDay().format(-days, 'day'), language);
      return (isSameYear(ms, nowMs) ? dayOfYear() : dayOfAnyYear()).format(ms);
    },
    exact: (ms) => exact().format(ms),
    dated: (ms) => dated().format(ms),
    ago(ms, nowMs) {
      const passedMs = Math.max(0, nowMs - ms);
      if (passedMs < MINUTE_MS) return relative().format(0, 'second');
      if (passedMs < HOUR_MS) return relative().format(-Math.floor(passedMs / MINUTE_MS), 'minute');
      if (passedMs < DAY_MS) return relative().format(-Math.floor(passedMs / HOUR_MS), 'hour');
      const days = daysBetween(ms, nowMs);
      return days < 7 ? relative().format(-days, 'day') : date().format(ms);
    },
    list: (items) => list().format(items),
    number: (value) => number().format(value),
    share: (value) => (value > 0 && value < 0.02 ? smallShare() : share()).format(value),
    short(ms, nowMs) {
      const days = daysBetween(ms, nowMs);
      if (days <= 0) return time().format(ms);
      return days < 7 ? weekday().format(ms) : date().format(ms);
    },
  };
}

/** Midnights between two moments, where the user is. */
export function daysBetween(fromMs: number, toMs: number): number {
  return Math.round((startOfDay(toMs) - startOfDay(fromMs)) / DAY_MS);
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

function capitalise(text: string, language: string): string {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
