import { expect, test } from 'vitest';
import { isDue, parseRhythm, periodOf, type Rhythm } from './rhythm.ts';

const HOUR_MS = 3_600_000;
const noon = Date.parse('2026-03-01T12:00:00Z');

function rhythm(text: string): Rhythm {
  const parsed = parseRhythm(text);
  if (parsed === null) throw new Error(`${text} is no rhythm`);
  return parsed;
}

test('[BAK10] a rhythm is a time of the day or a time between', () => {
  expect(rhythm('03:30')).toEqual({ kind: 'daily', atMs: 3.5 * HOUR_MS });
  expect(['30min', '6h', '2d', '00:00'].map((text) => periodOf(rhythm(text)) / HOUR_MS)).toEqual([0.5, 6, 48, 24]);
  for (const text of ['', '0h', '24:00', '3:00', '6', 'h', '-1h', '6 h', '1w', '03:60', '99999h'])
    expect([text, parseRhythm(text)]).toEqual([text, null]);
});

test('[BAK10] what was never done is due; else once for each time of the day, or so long after', () => {
  expect(isDue(rhythm('6h'), null, noon)).toBe(true);
  expect(isDue(rhythm('6h'), noon - 6 * HOUR_MS + 1, noon)).toBe(false);
  expect(isDue(rhythm('6h'), noon - 6 * HOUR_MS, noon)).toBe(true);
  for (const [text, hoursAgo, due] of [
    ['11:00', 2, true],
    ['11:00', 1, false],
    ['11:00', 0.5, false],
    ['12:00', 0.001, true],
    ['13:00', 22, false],
    ['13:00', 24, true],
  ] as const) {
    expect([text, hoursAgo, isDue(rhythm(text), noon - hoursAgo * HOUR_MS, noon)]).toEqual([text, hoursAgo, due]);
  }
});
