import { ROLES } from '@parley/protocol/constants';
import { z } from 'zod';
import { parseRhythm } from '../lib/rhythm.ts';

/** One setting: where it comes from, what it is, and what an operator should know. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly env: string;
  readonly schema: Schema;
  readonly description: string;
  /** Never printed, and may come from a file named by `<ENV>_FILE`. */
  readonly secret: boolean;
}

/** Declares a setting; its default is the schema's. */
export function setting<Schema extends z.ZodType>(
  env: string,
  schema: Schema,
  description: string,
  secret = false,
): Setting<Schema> {
  return { env, schema, description, secret };
}

/** A whole number from text. */
export function wholeNumber(fallback: number, min: number, max: number) {
  return z.coerce.number().int().min(min).max(max).default(fallback);
}

/** `60/min`, `5/h`, `10/s`, `1000/d`: a limit and its window. `off` lifts the limit. */
export function rate(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const parsed = parseRate(text);
      if (parsed === null) context.addIssue({ code: 'custom', message: 'must read like 60/min, 5/h or off' });
      return parsed ?? { limit: 1, windowMs: 1 };
    });
}

const WINDOWS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
/** Lifting a limit keeps the arithmetic: nobody sends this often. */
const UNLIMITED = { limit: 1_000_000_000, windowMs: 1_000 };

function parseRate(text: string): { limit: number; windowMs: number } | null {
  if (text === 'off') return UNLIMITED;
  const match = /^(\d{1,9})\/(s|min|h|d)$/.exec(text);
  const windowMs = WINDOWS[match?.[2] ?? ''];
  const limit = Number(match?.[1]);
  return windowMs === undefined || limit < 1 ? null : { limit, windowMs };
}

/** `03:00`, each day at this time by UTC, or `30min`, `6h`, `2d`, so long after the last time. */
export function rhythm(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const parsed = parseRhythm(text);
      if (parsed === null) context.addIssue({ code: 'custom', message: 'must read like 03:00, 30min, 6h or 2d' });
      return parsed ?? { kind: 'daily' as const, atMs: 0 };
    });
}

/** A list parted by commas. */
export function list(fallback = '') {
  return z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );
}

/** `true` and `false`, `1` and `0`, `on` and `off`. */
export function flag(fallback: boolean) {
  return z
    .enum(['true', 'false', '1', '0', 'on', 'off', 'yes', 'no'])
    .default(fallback ? 'true' : 'false')
    .transform((text) => ['true', '1', 'on', 'yes'].includes(text));
}

const FACTOR_NAMES: readonly string[] = [...ROLES, 'bot'];

/** `owner=5,bot=10`: a factor for each role, or for bots. */
export function factors(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const parsed = parseFactors(text);
      if (parsed === null) context.addIssue({ code: 'custom', message: 'must read like owner=5,admin=5,bot=10' });
      return parsed ?? {};
    });
}

function parseFactors(text: string): Partial<Record<(typeof ROLES)[number] | 'bot', number>> | null {
  const entries: [string, number][] = [];
  for (const part of text.split(',').filter((item) => item.trim() !== '')) {
    const match = /^\s*([a-z]+)\s*=\s*(\d{1,6}(?:\.\d{1,3})?)\s*$/.exec(part);
    const [name = '', factor] = [match?.[1], Number(match?.[2])];
    if (!FACTOR_NAMES.includes(name) || !(factor > 0)) return null;
    entries.push([name, factor]);
  }
  return Object.fromEntries(entries);
}
